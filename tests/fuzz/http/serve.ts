import { readdirSync } from 'node:fs';
import pino from 'pino';
import { startServer } from '../../../server/app.ts';
import { loadServerConfig } from '../../../server/config.ts';
import { homeDir, jupyterDataDir } from '../../../kernel/paths.ts';
import { labPlaces } from '../../../server/services/lab/places.ts';

/** How a server of the fuzzer does, in MB and in open descriptors. */
export interface Health {
  readonly usedMb: number;
  readonly residentMb: number;
  readonly descriptors: number;
}

/**
 * A process of its own that serves a directory, with JupyterLab's page, until its parent leaves. It tells its port, and how it does
 * when it is asked.
 * @param lab the environment that JupyterLab is installed in
 */
export async function serveForFuzzer(dir: string, token: string, lab: string): Promise<void> {
  const config = loadServerConfig({ port: 0, dir, token, allowRoot: true });
  const log = pino({ level: 'error', base: null }, pino.destination(2));
  const places = labPlaces(lab, { home: homeDir(), dataDir: jupyterDataDir(), packages: [] });
  const server = await startServer(config, log, { lab: places });
  process.on('message', () => process.send?.(health()));
  process.on('disconnect', () => void server.close().then(() => process.exit(0)));
  process.send?.(server.port);
}

function health(): Health {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    usedMb: (heapUsed + external) / 2 ** 20,
    residentMb: rss / 2 ** 20,
    descriptors: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
  };
}
