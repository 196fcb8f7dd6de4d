import type { Command } from 'commander';
import { runServer } from '../server/run-server.ts';
import { addServerOptions, type ServerOptions } from '../server/options.ts';

/** `replique server`: Jupyter's API without a page. */
export function serverCommand(program: Command): void {
  const command = program
    .command('server')
    .description('serve Jupyter’s REST and WebSocket API, without a page');
  addServerOptions(command).action((options: ServerOptions) => runServer(options));
}
