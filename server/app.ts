import { addressOf, listen, refuseRoot } from './app/listen.ts';
import { withKeptToken } from './app/kept.ts';
import { resourcesOf } from './app/resources.ts';
import { openServices } from './app/services.ts';
import { programFile } from './cli/program.ts';
import type { ServerConfig } from './config.ts';
import { createAccess } from './http/access/access.ts';
import type { Log } from './http/log.ts';
import { createHttpServer, type HttpServer } from './http/server.ts';
import { startCulling } from './services/kernels/culler.ts';
import { Keep } from './services/kernels/keep/keep.ts';
import type { LabPlaces } from './services/lab/places.ts';

/** A server that listens. */
export interface RunningServer {
  /** Its address with the base URL, without a token. */
  readonly url: string;
  readonly port: number;
  /** What clients show; empty: nothing is asked for. */
  readonly token: string;
  /**
   * Ends it and its connections.
   * @param keep whether kernels go on for the next server, where the configuration lets them; else they end
   */
  close(options?: { readonly keep?: boolean }): Promise<void>;
}

/** What a server has besides Jupyter's API. */
export interface ServerParts {
  /** Where JupyterLab is; absent: there is no page. */
  readonly lab?: LabPlaces | undefined;
  /** Which of Replique's kernels it starts: the installed one, where there is one, or that of this program. */
  readonly kernel?: 'installed' | 'own';
}

/** How long clients may take to leave. */
const leaveMs = 1000;

/**
 * Joins the parts of the server and listens.
 * @throws RepliqueError SERVER_REFUSED, PORT_IN_USE
 */
export async function startServer(
  given: ServerConfig,
  log: Log,
  { lab, kernel = 'installed' }: ServerParts = {},
): Promise<RunningServer> {
  refuseRoot(given);
  const keep = Keep.take(given, [process.execPath, programFile('replique.js'), 'watch-kernels'], log);
  const { config, server } = opened(given, keep, log);
  const websockets = (): number => server.sockets.count;
  const services = await openServices({ config, keep, log, kernel, websockets });
  const { kernels } = services;
  let port: number;
  try {
    for (const add of await resourcesOf(services, { config, log, lab })) add(server);
    port = await listen(server, config);
  } catch (error) {
    await services.close(kernels.all().length > 0); // what the server before has left is for the next attempt
    throw error;
  }
  const stopCulling = startCulling(kernels, config, log);
  return {
    port,
    token: config.token,
    url: addressOf(config, port),
    close: async ({ keep: isKept = false } = {}) => {
      const leaves = isKept && keep.outlives;
      stopCulling();
      if (leaves) kernels.hold();
      server.sockets.close();
      const late = setTimeout(() => server.sockets.terminate(), leaveMs);
      await server.app.close();
      clearTimeout(late);
      await services.close(leaves);
    },
  };
}

/** @throws RepliqueError SERVER_REFUSED; then what the server before has left is for the next attempt */
function opened(given: ServerConfig, keep: Keep, log: Log): { config: ServerConfig; server: HttpServer } {
  try {
    const config = withKeptToken(given, keep);
    return { config, server: createHttpServer(config, createAccess(config), log) };
  } catch (error) {
    keep.store.leave();
    throw error;
  }
}
