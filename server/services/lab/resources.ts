import type { Log } from '../../http/log.ts';
import type { Resource } from '../../http/server.ts';
import { settingsResource } from '../settings/routes.ts';
import { PluginSchemas } from '../settings/schemas.ts';
import { SettingsStore } from '../settings/user-settings.ts';
import { themesResource } from '../themes/routes.ts';
import { translationsResource } from '../translations/routes.ts';
import { workspacesResource } from '../workspaces/routes.ts';
import { WorkspaceStore } from '../workspaces/store.ts';
import type { LabPlaces } from './places.ts';
import { quietResource } from './quiet.ts';
import { labResource } from './routes.ts';

export interface LabResourcesOptions {
  readonly places: LabPlaces;
  /** Between slashes. */
  readonly baseUrl: string;
  readonly token: string;
  /** The directory that contents are below. */
  readonly root: string;
  /** PNG that browsers show beside the page's title. */
  readonly icon: string;
  readonly log: Log;
}

/** All that JupyterLab's page needs of a server besides Jupyter’s API. */
export async function labResources(options: LabResourcesOptions): Promise<readonly Resource[]> {
  const { places, log } = options;
  return [
    labResource({ ...options, terminals: true }),
    quietResource,
    settingsResource(new PluginSchemas(places, log), new SettingsStore(places.userSettings, log)),
    workspacesResource(new WorkspaceStore(places.workspaces)),
    await themesResource(places, log),
    translationsResource(places),
  ];
}
