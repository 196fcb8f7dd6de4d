import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { version } from '../package.json';
import { repliqueError } from '../kernel/errors.ts';
import { journalDir, labEnvDir, trustedOutputsFile } from '../kernel/paths.ts';
import { kernelProgram, packageRoot, programFile } from './cli/program.ts';
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
import { EventBus, teller } from './services/events/bus.ts';
import { eventsResource } from './services/events/routes.ts';
import { Journal } from './services/journal/journal.ts';
import { startCulling } from './services/kernels/culler.ts';
import { homeResource } from './services/home/routes.ts';
import { KernelManager } from './services/kernels/manager.ts';
import { kernelsRoutes } from './services/kernels/routes.ts';
import { describeSpec, KernelspecManager, type Kernelspec } from './services/kernelspecs/manager.ts';
import { kernelspecsRoutes } from './services/kernelspecs/routes.ts';
import type { LabPlaces } from './services/lab/places.ts';
import { labResources } from './services/lab/resources.ts';
import { Converter } from './services/nbconvert/converter.ts';
import { pythonWithNbconvert } from './services/nbconvert/installed.ts';
import { nbconvertResource } from './services/nbconvert/routes.ts';
import { notebookResource } from './services/notebook/routes.ts';
import { meRoutes } from './services/me/routes.ts';
import { Prompts } from './services/replique/prompts.ts';
import { repliqueRoutes } from './services/replique/routes.ts';
import { SessionManager } from './services/sessions/manager.ts';
import { sessionsRoutes } from './services/sessions/routes.ts';
import { statusRoutes } from './services/status/routes.ts';
import { TerminalManager } from './services/terminals/manager.ts';
import { terminalsResource } from './services/terminals/routes.ts';

/** A server that listens. */
export interface RunningServer {
  /** Its address with the base URL, without a token. */
  readonly url: string;
  readonly port: number;
  /** Ends it, its connections and its kernels. */
  close(): Promise<void>;
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
  config: ServerConfig,
  log: Log,
  { lab, kernel = 'installed' }: ServerParts = {},
): Promise<RunningServer> {
  refuseRoot(config);
  const server = createHttpServer(config, createAccess(config), log);
  const kernelspecs = new KernelspecManager([labEnvDir()], {
    kernelspec: ownKernelspec(),
    isPreferred: kernel === 'own',
  });
  const events = new EventBus();
  const journal = new Journal({ directory: journalDir(), root: config.dir, log });
  const kernels = new KernelManager(kernelspecs, config, log, {
    tell: teller(events, 'kernels'),
    follow: (id, { spec }) => journal.follow(id, spec.argv.includes(kernelProgram())),
  });
  const sessions = new SessionManager(kernels, (kernelId, paths) => journal.bind(kernelId, paths));
  const terminals = new TerminalManager({
    root: config.dir,
    environment: process.env,
    secret: secretVariables,
  });
  const trust = new TrustedOutputs(trustedOutputsFile());
  const contents = new ContentsManager({
    ...{ directory: config.dir, allowHidden: config.allowHidden, toTrash: config.trash, trust },
    pending: journal,
    onUnsettled: (path, error) => log.warn({ path, err: error }, 'outputs can’t be put into the notebook'),
    onEvent: teller(events, 'contents'),
  });
  journal.settleWith((path) => contents.settle(path));
  await journal.adopt();
  const { baseUrl } = config;
  const pages = async (places: LabPlaces): Promise<readonly Resource[]> => {
    const icon = join(packageRoot, 'kernelspec', 'logo-32x32.png');
    const options = { places, ...config, root: config.dir, icon, log, terminals: true };
    const kindOf = async (path: string) => (await contents.get(path, { content: false, hash: false })).type;
    return [...(await labResources(options)), notebookResource({ ...options, kindOf })];
  };
  const resources: readonly Resource[] = [
    apiRoutes(version),
    statusRoutes(kernels),
    meRoutes,
    configRoutes(new ConfigManager()),
    kernelspecsRoutes(kernelspecs, baseUrl),
    kernelsRoutes(kernels, { baseUrl, pingMs: config.pingSeconds * 1000 }),
    sessionsRoutes(sessions, baseUrl),
    repliqueRoutes(new Prompts({ sessions, kernels, contents, journal }), { baseUrl, version }),
    terminalsResource(terminals),
    eventsResource(events),
    ...(lab ? await pages(lab) : [homeResource]),
    contentsRoutes(contents, baseUrl),
    nbconvertResource({
      converter: installedConverter(),
      read: (path) => contents.get(path, { content: true, hash: false }),
    }),
  ];
  for (const add of resources) add(server);
  const port = await listen(server, config);
  const stopCulling = startCulling(kernels, config, log);
  const scheme = config.certFile === undefined ? 'http' : 'https';
  const host = config.ip.includes(':') ? `[${config.ip}]` : config.ip;
  return {
    port,
    url: `${scheme}://${host}:${port}${baseUrl}`,
    close: async () => {
      stopCulling();
      server.sockets.close();
      const late = setTimeout(() => server.sockets.terminate(), leaveMs);
      await server.app.close();
      clearTimeout(late);
      await Promise.all([kernels.shutdownAll(), terminals.close()]);
      await journal.close();
      await contents.close();
      await trust.close();
    },
  };
}

function installedConverter(): Converter | undefined {
  const python = pythonWithNbconvert(labEnvDir());
  return python === undefined ? undefined : new Converter({ python, program: programFile('convert.py') });
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
