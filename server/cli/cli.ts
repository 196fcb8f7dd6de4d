import { Command } from 'commander';
import { version } from '../../package.json';
import { describeError, repliqueError } from '../../kernel/errors.ts';
import { commands } from './commands/index.ts';
import { joinParameters } from './run/parameters.ts';

/**
 * Runs the command that the arguments name. What goes wrong is told on stderr and in `process.exitCode`.
 * @param args as in `process.argv`, with program and script first
 */
export async function runCli(args: readonly string[]): Promise<void> {
  const program = new Command('replique')
    .description('A Jupyter kernel in which each cell is a prompt')
    .version(version)
    .showHelpAfterError('(`replique --help` lists the commands)');
  for (const add of commands) add(program);
  try {
    checkWorkingDirectory();
    await program.parseAsync(joinParameters(args));
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`);
    process.exitCode = 1;
  }
}

/** @throws RepliqueError WORKING_DIRECTORY_GONE */
function checkWorkingDirectory(): void {
  try {
    process.cwd();
  } catch (error) {
    throw repliqueError('WORKING_DIRECTORY_GONE', undefined, { cause: error });
  }
}
