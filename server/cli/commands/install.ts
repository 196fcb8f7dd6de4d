import type { Command } from 'commander';
import { repliqueError } from '../../../kernel/errors.ts';
import { kernelsDirectory } from '../kernelspec/directories.ts';
import type { Place } from '../kernelspec/directories.ts';
import { installExtension } from '../kernelspec/extension.ts';
import { checkSpec, installSpec } from '../kernelspec/spec.ts';
import { ensureWorkerEnv } from '../setup/index.ts';
import { print, terminal } from './terminal.ts';

interface InstallOptions extends Place {
  readonly name: string;
  readonly displayName?: string;
  readonly env?: readonly string[];
}

/** `replique install`: the kernelspec, JupyterLab's extension, and the Python that its helpers run in. */
export function installCommand(program: Command): void {
  program
    .command('install')
    .description('make the kernel known to Jupyter')
    .option('--user', 'for this user (the default)')
    .option('--sys-prefix', 'into the Python environment in use')
    .option('--prefix <dir>', 'below this directory, in share/jupyter/kernels')
    .option('--name <name>', 'name of the kernelspec', 'replique')
    .option('--display-name <text>', 'name that is shown')
    .option('--env <key value...>', 'variable that the kernel is started with: --env KEY VALUE')
    .action(async (options: InstallOptions) => {
      const env = pairs(options.env ?? []);
      const kernels = await kernelsDirectory(options);
      const { name, displayName } = options;
      checkSpec(kernels, { name, displayName }); // before minutes of work
      await ensureWorkerEnv(terminal());
      const directory = await installSpec(kernels, { name, displayName, env });
      const extension = await installExtension(kernels);
      print(`The kernelspec ${name} is in ${directory}`);
      print(`The extension for JupyterLab is in ${extension}`);
    });
}

/** Makes KEY VALUE KEY VALUE … (or KEY=VALUE …) an object. */
export function pairs(words: readonly string[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const equals = word.indexOf('=');
    const key = equals > 0 ? word.slice(0, equals) : word;
    const value = equals > 0 ? word.slice(equals + 1) : words[(index += 1)];
    if (!/^[A-Za-z_]\w*$/.test(key) || value === undefined) {
      const problem = `--env ${word} is not a variable with its value.`;
      throw repliqueError('KERNELSPEC_INVALID', { problem, remedy: 'Write --env KEY VALUE.' });
    }
    env[key] = value;
  }
  return env;
}
