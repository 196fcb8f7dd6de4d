import type { Command } from 'commander';
import { choosePort } from '../lab/port.ts';
import { runLab } from '../lab/run-lab.ts';
import { askYesNo } from '../terminal/ask.ts';
import { ensureLabEnv, ensureSandbox } from '../setup/index.ts';
import { runKernelSetup } from '../setup/kernel-setup.ts';
import { terminal } from './terminal.ts';

interface StartOptions {
  readonly port?: string;
  readonly browser: boolean;
}

/** `replique start`: sets everything up and serves JupyterLab. */
export function startCommand(program: Command): void {
  program
    .command('start')
    .description('set everything up and open JupyterLab')
    .option('--port <number>', 'port to listen on (default: 8888, or the next one that is free)')
    .option('--no-browser', 'open no browser')
    .action(async ({ port, browser }: StartOptions) => {
      if (port !== undefined) await choosePort(port); // a wrong one is told before anything is set up
      const sink = terminal();
      await ensureSandbox(sink);
      await ensureLabEnv(sink);
      await runKernelSetup({ sink, ask: askYesNo });
      await runLab({ port, browser, sink });
    });
}
