import type { Command } from 'commander';
import { addServerOptions, type ServerOptions } from '../server/options.ts';
import { runServer } from '../server/run-server.ts';
import { ensureLabEnv, ensureSandbox } from '../setup/index.ts';
import { runKernelSetup } from '../setup/kernel-setup.ts';
import { askYesNo } from '../terminal/ask.ts';
import { terminal } from './terminal.ts';

/** `replique lab`: JupyterLab, served by Replique itself. */
export function labCommand(program: Command): void {
  const command = program.command('lab').description('serve JupyterLab with Replique’s own server');
  addServerOptions(command).action(async (options: ServerOptions) => {
    if (options.showConfig) return runServer(options);
    const sink = terminal();
    await ensureSandbox(sink);
    await ensureLabEnv(sink);
    await runKernelSetup({ sink, ask: askYesNo });
    const { installedLab } = await import('../lab/installed.ts');
    return runServer(options, await installedLab());
  });
}
