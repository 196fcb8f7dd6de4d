import type { Command } from 'commander';
import { executingCommand } from './executing.ts';

/** `replique replay`: executes notebooks from what they recorded, without a provider, a network or Python. */
export const replayCommand = (program: Command): void =>
  executingCommand(program, {
    mode: 'replay',
    description:
      'execute notebooks from their own recorded turns and results: no model, no network, no Python',
    outputHelp: 'where to write it (default: nowhere)',
    outputOf: () => undefined,
    setUp: () => Promise.resolve(),
  });
