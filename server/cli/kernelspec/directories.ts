import { platform } from 'node:os';
import { join } from 'node:path';
import { repliqueError } from '../../../kernel/errors.ts';
import { homeDirectory } from '../../../kernel/paths.ts';
import { runCommand } from '../setup/run-command.ts';

/** Where a kernelspec goes, as Jupyter's own tools name the places. */
export interface Place {
  readonly sysPrefix?: boolean | undefined;
  readonly prefix?: string | undefined;
}

/**
 * The directory that holds kernelspecs: of the prefix, of the Python environment in use, or the user's.
 * @throws RepliqueError PYTHON_MISSING if `sysPrefix` is asked for and there is no Python
 */
export async function kernelsDirectory(place: Place): Promise<string> {
  if (place.prefix !== undefined) return join(place.prefix, 'share', 'jupyter', 'kernels');
  if (place.sysPrefix) return join(await sysPrefix(), 'share', 'jupyter', 'kernels');
  return join(userDataDirectory(), 'kernels');
}

async function sysPrefix(): Promise<string> {
  const result = await runCommand('python3', ['-c', 'import sys; print(sys.prefix)']);
  const prefix = result.stdout.trim();
  if (result.status === 0 && prefix.startsWith('/')) return prefix;
  throw repliqueError('PYTHON_MISSING', { problem: '--sys-prefix needs a `python3` on the PATH.' });
}

/** Jupyter's data directory of the user, after jupyter_core's `jupyter_data_dir`. */
function userDataDirectory(): string {
  const named = process.env['JUPYTER_DATA_DIR'];
  if (named !== undefined && named !== '') return named;
  if (platform() === 'darwin') return join(homeDirectory(), 'Library', 'Jupyter');
  const xdg = process.env['XDG_DATA_HOME'];
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homeDirectory(), '.local', 'share'), 'jupyter');
}
