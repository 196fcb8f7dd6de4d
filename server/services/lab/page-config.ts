import { join } from 'node:path';
import { z } from 'zod';
import type { Log } from '../../http/log.ts';
import { findExtensions } from './extensions.ts';
import type { LabPlaces } from './places.ts';
import { readJson } from './read-json.ts';

const installed = z.looseObject({ jupyterlab: z.looseObject({ version: z.string() }) });
const flags = z.union([
  z.array(z.string()).transform((names) => Object.fromEntries(names.map((each) => [each, true]))),
  z.record(z.string(), z.boolean()),
]);
const chosen = z.object({
  disabledExtensions: flags.optional(),
  lockedExtensions: flags.optional(),
  deferredExtensions: flags.optional(),
});

/**
 * The jupyter_server as which the page takes this one: it uploads in pieces, without which JupyterLab refuses files of more than 15 MB.
 * From 2.18 on the page asks whether exported HTML is to be sanitized, which is not done here.
 */
const notebookVersion = '[2, 17, 0]';

export interface PageConfigOptions {
  readonly places: LabPlaces;
  /** Between slashes. */
  readonly baseUrl: string;
  readonly token: string;
  /** The directory that contents are below, as the page shows it. */
  readonly root: string;
  readonly terminals: boolean;
  /** PNG that browsers show beside the page's title. */
  readonly icon: string;
  readonly log: Pick<Log, 'warn'>;
}

/** What the page's script is told; keys as JupyterLab's `PageConfig` reads them. */
export type PageConfig = Readonly<Record<string, unknown>>;

/**
 * What is the same for every page of JupyterLab. Extensions are looked for anew each time, so that one that has just been installed is
 * there after a reload.
 * @throws Error where JupyterLab is not installed there
 */
export async function pageConfig(options: PageConfigOptions): Promise<PageConfig> {
  const { places, baseUrl, token, root, terminals, log } = options;
  const about = installed.safeParse(await readJson(join(places.app, 'static', 'package.json')));
  if (!about.success) throw new Error(`there is no JupyterLab in ${places.app}`);
  const extensions = await findExtensions(places, log);
  const choice = await chosenBy(places, log);
  const replaced = extensions
    .filter(({ entry }) => choice.disabledExtensions[entry.name] !== true)
    .flatMap(({ disables }) => disables.map((each) => [each, true] as const));
  const names = (given: Readonly<Record<string, boolean>>): string[] =>
    Object.keys(given).filter((each) => given[each]);
  const urls = {
    appUrl: '/lab',
    labextensionsUrl: '/lab/extensions',
    licensesUrl: '/lab/api/licenses',
    listingsUrl: '/lab/api/listings',
    settingsUrl: '/lab/api/settings',
    themesUrl: '/lab/api/themes',
    translationsApiUrl: '/lab/api/translations',
    treeUrl: '/lab/tree',
    workspacesApiUrl: '/lab/api/workspaces',
  };
  const full = Object.entries(urls).map(([key, path]) => [
    `full${key.charAt(0).toUpperCase()}${key.slice(1)}`,
    baseUrl + path.slice(1),
  ]);
  return {
    ...{ appName: 'JupyterLab', appNamespace: 'lab', appVersion: about.data.jupyterlab.version },
    ...{ baseUrl, wsUrl: '', token, ...urls, ...(Object.fromEntries(full) as object) },
    fullStaticUrl: `${baseUrl}static/lab`,
    terminalsAvailable: terminals,
    ...{ serverRoot: root, rootUri: '', preferredPath: '/', notebookVersion, store_id: 0 },
    ...{ ignorePlugins: [], untracked_message_types: untracked },
    ...{ cacheFiles: true, notebookStartsKernel: true, copyAbsolutePath: false, devMode: false },
    ...{ buildAvailable: false, buildCheck: false, exposeAppInBrowser: false, quitButton: false },
    ...{ news: { disabled: true }, collaborative: false },
    repliqueApi: true,
    federated_extensions: extensions.map(({ entry }) => entry),
    disabledExtensions: names({ ...Object.fromEntries(replaced), ...choice.disabledExtensions }),
    lockedExtensions: names(choice.lockedExtensions),
    deferredExtensions: names(choice.deferredExtensions),
  };
}

/** Requests and replies that are no sign of a person's work; what goes with them is none either (jupyter_server's default). */
const exchanges = ['comm_info', 'kernel_info', 'shutdown', 'interrupt', 'debug', 'input'];
const published = [
  'stream',
  'display_data',
  'update_display_data',
  'execute_input',
  'execute_result',
  'error',
];
const untracked = [
  ...exchanges.flatMap((each) => [`${each}_request`, `${each}_reply`]),
  ...published,
  ...['status', 'clear_output', 'debug_event'],
];

/** What `jupyter labextension disable` and its like have written. */
async function chosenBy({ pageConfig: directories }: LabPlaces, log: Pick<Log, 'warn'>) {
  const choice = { disabledExtensions: {}, lockedExtensions: {}, deferredExtensions: {} };
  const merged: Record<keyof typeof choice, Record<string, boolean>> = choice;
  for (const directory of directories) {
    const file = join(directory, 'page_config.json');
    try {
      const content = chosen.parse((await readJson(file)) ?? {});
      for (const key of Object.keys(choice) as (keyof typeof choice)[])
        Object.assign(merged[key], content[key]);
    } catch (error) {
      log.warn(`${file} can't be used: ${(error as Error).message}`);
    }
  }
  return merged;
}
