import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { version } from '../package.json';
import { repliqueError } from '../kernel/errors.ts';
import { jupyterRuntimeDir, labEnvDir, trustedOutputsFile } from '../kernel/paths.ts';
import { kernelProgram, packageRoot, programFile } from './cli/program.ts';
import { runKernelCheck } from './cli/setup/kernel-setup.ts';
import { secretVariables, type ServerConfig } from './config.ts';
import { createAccess } from './http/access/access.ts';
import type { Log } from './http/log.ts';
import { createHttpServer, type HttpServer, type Resource } from './http/server.ts';
import { apiRoutes } from './services/api/routes.ts';
import { ContentsManager } from './services/contents/manager.ts';
import { contentsRoutes } from './services/contents/routes.ts';
import { TrustedOutputs } from './services/contents/trusted-outputs.ts';
import { ConfigManager } from './services/config/manager.ts';
import { configRoutes } from './services/config/routes.ts';
import { EventBus } from './services/events/bus.ts';
import { eventsResource } from './services/events/routes.ts';
import { healthRoutes } from './services/health/routes.ts';
import { startCulling } from './services/kernels/culler.ts';
import { Keep } from './services/kernels/keep/keep.ts';
import { KernelManager } from './services/kernels/manager.ts';
import { kernelsRoutes } from './services/kernels/routes.ts';
import { describeSpec, isWhole, KernelspecManager, type Kernelspec } from './services/kernelspecs/manager.ts';
import { kernelspecsRoutes } from './services/kernelspecs/routes.ts';
import type { LabPlaces } from './services/lab/places.ts';
import { labResources } from './services/lab/resources.ts';
import { meRoutes } from './services/me/routes.ts';
import { createMetrics } from './services/metrics/metrics.ts';
import { metricsRoutes } from './services/metrics/routes.ts';
import { overviewRoutes } from './services/overview/routes.ts';
import { SessionManager, type SessionRecords } from './services/sessions/manager.ts';
import { sessionsRoutes } from './services/sessions/routes.ts';
import { statusRoutes } from './services/status/routes.ts';
import { TerminalManager } from './services/terminals/manager.ts';
import { terminalsResource } from './services/terminals/routes.ts';

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

/** How long clients may take to leave. */
const leaveMs = 1000;

/**
 * Joins the parts of the server and listens.
 * @param lab where JupyterLab is; absent: there is no page
 * @throws RepliqueError SERVER_REFUSED, PORT_IN_USE
 */
export async function startServer(given: ServerConfig, log: Log, lab?: LabPlaces): Promise<RunningServer> {
  refuseRoot(given);
  const keep = Keep.take(given, [process.execPath, programFile('replique.js'), 'watch-kernels'], log);
  const config = withKeptToken(given, keep);
  const kernelspecs = new KernelspecManager([labEnvDir()], ownKernelspec());
  const restarts: Parts['restarts'] = { count: () => undefined };
  const onRestart = (name: string): void => restarts.count(name);
  const kernels = new KernelManager({ kernelspecs, config, keep, log, onRestart });
  try {
    if (keep.outlives) keep.watch();
    await kernels.takeOver();
    return await start({ config, keep, kernelspecs, kernels, restarts, log, lab });
  } catch (error) {
    await leaveOrEnd(kernels, keep); // what the server before has left is for the next attempt
    throw error;
  }
}

interface Parts {
  readonly config: ServerConfig;
  readonly keep: Keep;
  readonly kernelspecs: KernelspecManager;
  readonly kernels: KernelManager;
  readonly restarts: { count: (name: string) => void };
  readonly log: Log;
  readonly lab: LabPlaces | undefined;
}

async function start({
  config,
  keep,
  kernelspecs,
  kernels,
  restarts,
  log,
  lab,
}: Parts): Promise<RunningServer> {
  const server = createHttpServer(config, createAccess(config), log);
  const sessions = new SessionManager(kernels, sessionRecords(keep, log));
  const terminals = new TerminalManager({
    root: config.dir,
    environment: process.env,
    secret: secretVariables,
  });
  const trust = new TrustedOutputs(trustedOutputsFile());
  const contents = new ContentsManager({
    ...{ directory: config.dir, allowHidden: config.allowHidden, toTrash: config.trash, trust },
  });
  const metrics = createMetrics(
    {
      kernels: () => kernels.list(),
      terminals: () => terminals.list().length,
      sessions: () => sessions.list().length,
      websockets: () => server.sockets.count,
      get lastActivity() {
        return kernels.lastActivity;
      },
    },
    version,
  );
  restarts.count = (type) => metrics.restarts.inc({ type });
  const { baseUrl } = config;
  const resources: readonly Resource[] = [
    apiRoutes(version),
    healthRoutes({
      hasKernelspec: () => [...kernelspecs.all().values()].some(isWhole),
      root: config.dir,
      runtime: jupyterRuntimeDir,
    }),
    metricsRoutes(metrics),
    overviewRoutes({ baseUrl, runCheck: runKernelCheck }),
    statusRoutes(kernels),
    meRoutes,
    configRoutes(new ConfigManager()),
    kernelspecsRoutes(kernelspecs, baseUrl),
    kernelsRoutes(kernels, { baseUrl, pingMs: config.pingSeconds * 1000 }),
    sessionsRoutes(sessions, baseUrl),
    terminalsResource(terminals),
    eventsResource(new EventBus()),
    ...(lab
      ? await labResources({
          places: lab,
          ...config,
          root: config.dir,
          icon: join(packageRoot, 'kernelspec', 'logo-32x32.png'),
          log,
        })
      : []),
    contentsRoutes(contents, baseUrl),
  ];
  for (const add of resources) add(server);
  const port = await listen(server, config);
  const stopCulling = startCulling(kernels, config, log);
  const scheme = config.certFile === undefined ? 'http' : 'https';
  const host = config.ip.includes(':') ? `[${config.ip}]` : config.ip;
  return {
    port,
    token: config.token,
    url: `${scheme}://${host}:${port}${baseUrl}`,
    close: async ({ keep: isKept = false } = {}) => {
      stopCulling();
      if (isKept) kernels.hold();
      server.sockets.close();
      const late = setTimeout(() => server.sockets.terminate(), leaveMs);
      await server.app.close();
      clearTimeout(late);
      await contents.close();
      await trust.close();
      await terminals.close();
      if (isKept && keep.outlives) {
        await leave(kernels, keep);
      } else {
        await kernels.shutdownAll();
        await keep.end();
      }
    },
  };
}

/** Leaves kernels, sessions and token to the next server. */
async function leave(kernels: KernelManager, keep: Keep): Promise<void> {
  await kernels.leave();
  keep.store.leave();
}

async function leaveOrEnd(kernels: KernelManager, keep: Keep): Promise<void> {
  if (kernels.all().length > 0) await leave(kernels, keep);
  else await keep.end();
}

/** Pages that were open before have the token of before: where none is named, it stays. */
function withKeptToken(config: ServerConfig, { outlives, store }: Keep): ServerConfig {
  if (!outlives || !config.isTokenFresh) return config;
  const token = store.token() ?? config.token;
  store.saveToken(token);
  return { ...config, token };
}

function sessionRecords({ store }: Keep, log: Log): SessionRecords {
  return {
    sessions: () => store.sessions(),
    saveSessions: (sessions) => {
      try {
        store.saveSessions(sessions);
      } catch (error) {
        log.warn({ err: error }, 'sessions can’t be kept for the next server');
      }
    },
  };
}

/** @throws RepliqueError SERVER_REFUSED */
function refuseRoot({ allowRoot }: ServerConfig): void {
  if (allowRoot || process.getuid?.() !== 0) return;
  throw repliqueError('SERVER_REFUSED', {
    sentence: 'The server is about to run as root: who gets in would own this machine.',
    remedy: 'Run it as an ordinary user, or give --allow-root.',
  });
}

/** Replique's own kernel, where it is not installed. */
function ownKernelspec(): Kernelspec {
  const directory = join(packageRoot, 'kernelspec');
  const { spec, ...rest } = describeSpec('replique', directory, join(directory, 'kernel.json'));
  const argv = spec.argv.map((part) =>
    part.replace('{node}', process.execPath).replace('{kernel}', kernelProgram()),
  );
  return { ...rest, spec: { ...spec, argv } };
}

/** @throws RepliqueError PORT_IN_USE, SERVER_REFUSED */
async function listen({ app }: HttpServer, { ip, port }: ServerConfig): Promise<number> {
  try {
    await app.listen({ host: ip, port });
    return (app.server.address() as AddressInfo).port;
  } catch (error) {
    await app.close();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw repliqueError('PORT_IN_USE', { address: `${ip}:${port}` });
    const remedies: Readonly<Record<string, string>> = {
      EACCES: 'Name a port from 1024 to 65535, which needs no rights.',
      EADDRNOTAVAIL: 'Name an address of this machine with --ip.',
    };
    throw repliqueError('SERVER_REFUSED', {
      sentence: `The server can't listen on ${ip}:${port}: ${message}.`,
      remedy: remedies[code ?? ''] ?? 'Correct --ip and --port.',
    });
  }
}
