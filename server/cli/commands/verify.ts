import type { Command } from 'commander';
import { concernsCode } from '../environment/differences.ts';
import { ensureSandbox } from '../setup/index.ts';
import { executingCommand } from './executing.ts';
import { terminal } from './terminal.ts';

/** `replique verify`: runs the recorded helpers of notebooks again and compares what comes of them. */
export const verifyCommand = (program: Command): void =>
  executingCommand(program, {
    mode: 'verify',
    description:
      'run the recorded code of notebooks again in the sandbox and compare its results; no model is asked',
    outputHelp: 'where to write it (default: nowhere)',
    outputOf: () => undefined,
    locks: concernsCode,
    setUp: () => ensureSandbox(terminal()),
  });
