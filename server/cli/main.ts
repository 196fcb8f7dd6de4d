#!/usr/bin/env node
import { Command } from 'commander';
import { version } from '../../package.json';
import { describeError } from '../../kernel/errors.ts';
import { commands } from './commands/index.ts';

const program = new Command('replique')
  .description('A Jupyter kernel in which each cell is a prompt')
  .version(version)
  .showHelpAfterError('(`replique --help` lists the commands)');
for (const add of commands) add(program);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
}
