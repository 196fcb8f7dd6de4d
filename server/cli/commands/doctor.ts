import type { Command } from 'commander';
import { runKernelCheck } from '../setup/kernel-setup.ts';
import { formatReport } from '../terminal/report.ts';
import { print } from './terminal.ts';

/** `replique doctor`: the system check. */
export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check this machine; exit status 1 if the main job can’t run')
    .option('--json', 'print the report as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const report = await runKernelCheck();
      print(json ? JSON.stringify(report, null, 2) : formatReport(report));
      if (!report.ok) process.exitCode = 1;
    });
}
