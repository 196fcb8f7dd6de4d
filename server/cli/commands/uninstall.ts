import type { Command } from 'commander';
import { kernelsDirectory } from '../kernelspec/directories.ts';
import type { Place } from '../kernelspec/directories.ts';
import { uninstallExtension } from '../kernelspec/extension.ts';
import { hasSpec, uninstallSpec } from '../kernelspec/spec.ts';
import { print } from './terminal.ts';

/** `replique uninstall`: removes the kernelspec and JupyterLab's extension again. */
export function uninstallCommand(program: Command): void {
  program
    .command('uninstall')
    .description('remove the kernelspec and the extension')
    .option('--user', 'of this user (the default)')
    .option('--sys-prefix', 'from the Python environment in use')
    .option('--prefix <dir>', 'from below this directory')
    .option('--name <name>', 'name of the kernelspec', 'replique')
    .action(async ({ name, ...place }: Place & { name: string }) => {
      const kernels = await kernelsDirectory(place);
      const removed = await uninstallSpec(kernels, name);
      const extension = (await hasSpec(kernels)) ? undefined : await uninstallExtension(kernels);
      print(removed === undefined ? `There is no kernelspec ${name} in ${kernels}` : `Removed ${removed}`);
      if (extension !== undefined) print(`Removed ${extension}`);
    });
}
