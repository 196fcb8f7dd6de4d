import { join } from 'node:path';
import { version } from '../../package.json';
import { jupyterRuntimeDir, labEnvDir } from '../../kernel/paths.ts';
import { packageRoot, programFile } from '../cli/program.ts';
import { runKernelCheck } from '../cli/setup/kernel-setup.ts';
import type { ServerConfig } from '../config.ts';
import type { Log } from '../http/log.ts';
import type { Resource } from '../http/server.ts';
import { apiRoutes } from '../services/api/routes.ts';
import { ConfigManager } from '../services/config/manager.ts';
import { configRoutes } from '../services/config/routes.ts';
import { contentsRoutes } from '../services/contents/routes.ts';
import { eventsResource } from '../services/events/routes.ts';
import { healthRoutes } from '../services/health/routes.ts';
import { homeResource } from '../services/home/routes.ts';
import { kernelsRoutes } from '../services/kernels/routes.ts';
import { isWhole } from '../services/kernelspecs/manager.ts';
import { kernelspecsRoutes } from '../services/kernelspecs/routes.ts';
import type { LabPlaces } from '../services/lab/places.ts';
import { labResources } from '../services/lab/resources.ts';
import { meRoutes } from '../services/me/routes.ts';
import { metricsRoutes } from '../services/metrics/routes.ts';
import { Converter } from '../services/nbconvert/converter.ts';
import { pythonWithNbconvert } from '../services/nbconvert/installed.ts';
import { nbconvertResource } from '../services/nbconvert/routes.ts';
import { notebookResource } from '../services/notebook/routes.ts';
import { overviewRoutes } from '../services/overview/routes.ts';
import { Prompts } from '../services/replique/prompts.ts';
import { repliqueRoutes } from '../services/replique/routes.ts';
import { sessionsRoutes } from '../services/sessions/routes.ts';
import { statusRoutes } from '../services/status/routes.ts';
import { terminalsResource } from '../services/terminals/routes.ts';
import type { Services } from './services.ts';

interface Options {
  readonly config: ServerConfig;
  readonly log: Log;
  /** Where JupyterLab is; absent: there is no page. */
  readonly lab: LabPlaces | undefined;
}

/** All that is found below the base URL. */
export async function resourcesOf(
  services: Services,
  { config, log, lab }: Options,
): Promise<readonly Resource[]> {
  const { kernelspecs, kernels, sessions, terminals, contents, journal, events, metrics } = services;
  const { baseUrl } = config;
  return [
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
    repliqueRoutes(new Prompts({ sessions, kernels, contents, journal }), { baseUrl, version }),
    terminalsResource(terminals),
    eventsResource(events),
    ...(lab ? await pages(lab, services, { config, log }) : [homeResource]),
    contentsRoutes(contents, baseUrl),
    nbconvertResource({
      converter: installedConverter(),
      read: (path) => contents.get(path, { content: true, hash: false }),
    }),
  ];
}

async function pages(
  places: LabPlaces,
  { contents }: Services,
  { config, log }: Omit<Options, 'lab'>,
): Promise<readonly Resource[]> {
  const icon = join(packageRoot, 'kernelspec', 'logo-32x32.png');
  const options = { places, ...config, root: config.dir, icon, log, terminals: true };
  const kindOf = async (path: string) => (await contents.get(path, { content: false, hash: false })).type;
  return [...(await labResources(options)), notebookResource({ ...options, kindOf })];
}

function installedConverter(): Converter | undefined {
  const python = pythonWithNbconvert(labEnvDir());
  return python === undefined ? undefined : new Converter({ python, program: programFile('convert.py') });
}
