import { startServer } from '../../app.ts';
import type { ServerConfig } from '../../config.ts';
import { createLog } from '../../http/log.ts';
import type { LabPlaces } from '../../services/lab/places.ts';
import { stopOnSignals } from './stop-signals.ts';

/**
 * Runs the server until a signal ends it.
 * @throws RepliqueError as `startServer`
 */
export async function serve(config: ServerConfig, lab?: LabPlaces): Promise<void> {
  const stop = stopOnSignals();
  const server = await startServer(config, createLog(config.logLevel), { lab });
  const query = config.token === '' ? '' : `?token=${config.token}`;
  process.stdout.write(
    `${lab ? 'JupyterLab is ready' : 'Replique’s server listens'} at\n  ${server.url}${lab ? 'lab' : ''}${query}\nStop it with Ctrl-C.\n`,
  );
  if (config.token === '' && config.passwordFile === undefined) {
    process.stdout.write('Anybody on this machine can run code through it: a token would prevent that.\n');
  }
  await stop.requested;
  await server.close();
  stop.off();
}
