import { startServer } from '../../app.ts';
import type { ServerConfig } from '../../config.ts';
import { createLog } from '../../http/log.ts';
import type { LabPlaces } from '../../services/lab/places.ts';
import { stopOnSignals } from './stop-signals.ts';

/**
 * Runs the server until a signal ends it. Ctrl-C ends kernels, too; the signals of who manages services, and of a terminal that
 * is gone, leave them to the next server, where the configuration says so.
 * @throws RepliqueError as `startServer`
 */
export async function serve(
  config: ServerConfig,
  { lab, onStarted }: { readonly lab?: LabPlaces | undefined; readonly onStarted?: () => void } = {},
): Promise<void> {
  const stop = stopOnSignals();
  const server = await startServer(config, createLog(config.logLevel), { lab });
  onStarted?.();
  const query = server.token === '' ? '' : `?token=${server.token}`;
  process.stdout.write(
    `${lab ? 'JupyterLab is ready' : 'Replique’s server listens'} at\n  ${server.url}${lab ? 'lab' : ''}${query}\nStop it with Ctrl-C.\n`,
  );
  if (server.token === '' && config.passwordFile === undefined) {
    process.stdout.write('Anybody on this machine can run code through it: a token would prevent that.\n');
  }
  const name = await stop.requested;
  await server.close({ keep: name !== 'SIGINT' });
  stop.off();
}
