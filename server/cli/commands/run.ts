import type { Command } from 'commander';
import { ensureSandbox } from '../setup/index.ts';
import { runKernelSetup } from '../setup/kernel-setup.ts';
import { askYesNo } from '../terminal/ask.ts';
import { executingCommand } from './executing.ts';
import { terminal } from './terminal.ts';

/** `replique run`: executes notebooks in the terminal. */
export const runCommand = (program: Command): void =>
  executingCommand(program, {
    mode: 'run',
    description: 'execute notebooks here and write them with their outputs',
    outputHelp: 'where to write it (default: NAME.out.ipynb beside the notebook)',
    outputOf: (notebook) => `${notebook.replace(/\.ipynb$/, '')}.out.ipynb`,
    locks: () => true,
    setUp: async () => {
      const sink = terminal();
      await ensureSandbox(sink);
      await runKernelSetup({ sink, ask: askYesNo });
    },
  });
