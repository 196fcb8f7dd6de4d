import type { Command } from 'commander';
import { ensureSandbox } from '../setup/index.ts';
import { runKernelCheck, runKernelSetup } from '../setup/kernel-setup.ts';
import { askYesNo } from '../terminal/ask.ts';
import { formatReport } from '../terminal/report.ts';
import { print, terminal } from './terminal.ts';

/** `replique setup`: everything a cell needs, and then the system check. */
export function setupCommand(program: Command): void {
  program
    .command('setup')
    .description('set up all that a cell needs: sandbox, Python, provider, model')
    .action(async () => {
      const sink = terminal();
      await ensureSandbox(sink);
      await runKernelSetup({ sink, ask: askYesNo });
      const report = await runKernelCheck();
      print(formatReport(report));
      if (!report.ok) process.exitCode = 1;
    });
}
