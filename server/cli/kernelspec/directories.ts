import { join, resolve } from 'node:path';
import { repliqueError } from '../../../kernel/errors.ts';
import { jupyterDataDir } from '../../../kernel/paths.ts';
import { runCommand } from '../setup/run-command.ts';

/** Where a kernelspec goes, as Jupyter's own tools name the places. */
export interface Place {
  readonly user?: boolean | undefined;
  readonly sysPrefix?: boolean | undefined;
  readonly prefix?: string | undefined;
}

/**
 * The directory that holds kernelspecs: of the prefix, of the Python environment in use, or the user's.
 * @throws RepliqueError KERNELSPEC_INVALID if not one place is named; PYTHON_MISSING if there is no Python to ask
 */
export async function kernelsDirectory(place: Place): Promise<string> {
  refuseUnclear(place);
  if (place.prefix !== undefined) return join(resolve(place.prefix), 'share', 'jupyter', 'kernels');
  if (place.sysPrefix) return join(await sysPrefix(), 'share', 'jupyter', 'kernels');
  return join(jupyterDataDir(), 'kernels');
}

function refuseUnclear({ user, sysPrefix, prefix }: Place): void {
  const named = [user && '--user', sysPrefix && '--sys-prefix', prefix !== undefined && '--prefix'];
  const given = named.filter((option) => typeof option === 'string');
  if (given.length > 1) {
    const problem = `${given.join(' and ')} name different places.`;
    throw repliqueError('KERNELSPEC_INVALID', { problem, remedy: 'Give one of them.' });
  }
  if (prefix === '') {
    const remedy = 'Write --prefix DIRECTORY.';
    throw repliqueError('KERNELSPEC_INVALID', { problem: '--prefix has no directory.', remedy });
  }
}

async function sysPrefix(): Promise<string> {
  const result = await runCommand('python3', ['-c', 'import sys; print(sys.prefix)']);
  const prefix = result.stdout.trim();
  if (result.status === 0 && prefix.startsWith('/')) return prefix;
  throw repliqueError('PYTHON_MISSING', { problem: '--sys-prefix needs a `python3` on the PATH.' });
}
