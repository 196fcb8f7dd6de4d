import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute } from 'node:path';
import { repliqueError } from '../../errors.ts';
import { locateProgram } from '../../kernelspecs.ts';
import type { KernelProgram } from '../../sandbox/contract.ts';
import { isCovered, isWithin, linkChain, outermost, systemDirectories } from '../../sandbox/mounts.ts';
import type { Kernelspec } from './find.ts';

/** Directories within an installation; what holds them is shown. */
const parts = ['bin', 'lib', 'libexec', 'share', 'node_modules', 'Scripts'];

interface Surroundings {
  /** Where helpers may write. */
  readonly workspace: string;
  /** Whether helpers may read a directory, given without links. */
  readonly mayShow: (directory: string) => boolean;
}

/**
 * What a sandbox needs to run the kernelspec of that name: its program, found as a shell finds it, and the installations that its
 * arguments lie in.
 * @throws RepliqueError KERNEL_FAILED where its program is not there, or lies where helpers may not read, or may write
 */
export function programOf(
  kernelspecs: readonly Kernelspec[],
  name: string,
  { workspace, mayShow }: Surroundings,
): KernelProgram {
  const spec = kernelspecs.find((each) => each.name === name);
  if (spec === undefined)
    throw repliqueError('KERNEL_FAILED', { kernel: name, problem: 'it is not installed.' });
  const { env, interruptMode, directory } = spec;
  const fail = (problem: string): Error => repliqueError('KERNEL_FAILED', { kernel: name, problem });
  const [command, ...rest] = spec.argv.map((part) => part.replaceAll('{resource_dir}', directory)) as [
    string,
    ...string[],
  ];
  const executable = locateProgram(command, directory);
  if (executable === undefined || !existsSync(executable)) throw fail(`${command} is not there.`);
  const files = [executable, ...rest.filter((part) => isAbsolute(part) && existsSync(part))];
  const steps = files.flatMap(linkChain);
  const planted = steps.find((file) => isWithin(file, workspace) || isWithin(real(dirname(file)), workspace));
  if (planted !== undefined) throw fail(`${planted} lies where helpers may write.`);
  const folders = steps
    .filter((file) => !isCovered(file, systemDirectories))
    .map((file) => {
      const shown = [installationOf(file), dirname(file)].find((folder) => mayShow(realpathSync(folder)));
      if (shown === undefined) throw fail(`it needs ${dirname(file)}, which helpers may not read.`);
      return shown;
    });
  if (!isCovered(directory, systemDirectories) && mayShow(realpathSync(directory))) folders.push(directory);
  return { name, argv: [executable, ...rest], env, interruptMode, folders: outermost(folders) };
}

/** Without links; as it is where a link leads nowhere. */
function real(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return directory;
  }
}

/** `/opt/julia` of `/opt/julia/bin/julia`; the file's own directory where it is not built like that. */
function installationOf(file: string): string {
  for (let at = dirname(file); at !== dirname(at); at = dirname(at)) {
    if (parts.includes(basename(at))) return dirname(at);
  }
  return dirname(file);
}
