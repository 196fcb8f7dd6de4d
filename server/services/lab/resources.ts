import type { Log } from '../../http/log.ts';
import type { Resource } from '../../http/server.ts';
import { settingsResource } from '../settings/routes.ts';
import { PluginSchemas } from '../settings/schemas.ts';
import { SettingsStore } from '../settings/user-settings.ts';
import { themesResource } from '../themes/routes.ts';
import { translationsResource } from '../translations/routes.ts';
import { workspacesResource } from '../workspaces/routes.ts';
import { WorkspaceStore } from '../workspaces/store.ts';
import type { PageConfigOptions } from './page-config.ts';
import { quietResource } from './quiet.ts';
import { labResource } from './routes.ts';

export interface LabResourcesOptions extends PageConfigOptions {
  readonly log: Log;
}

/** All that JupyterLab's page needs of a server besides Jupyter’s API. */
export async function labResources(options: LabResourcesOptions): Promise<readonly Resource[]> {
  const { places, log } = options;
  return [
    labResource(options),
    quietResource,
    settingsResource(new PluginSchemas(places, log), new SettingsStore(places.userSettings, log)),
    workspacesResource(new WorkspaceStore(places.workspaces)),
    await themesResource(places, log),
    translationsResource(places),
  ];
}
