import type { LabPlaces } from '../../services/lab/places.ts';
import { print } from '../commands/terminal.ts';
import { startSmall } from './small-start.ts';
import { settingsOf, type ServerOptions } from './options.ts';

/**
 * Runs a server with these options until a signal ends it, or shows what they come to.
 * @param lab where JupyterLab is, if it is to be served
 * @throws RepliqueError CONFIG_INVALID, and as `startServer`
 */
export async function runServer(options: ServerOptions, lab?: LabPlaces): Promise<void> {
  const started = startSmall();
  const [{ loadServerConfigWithSources, shownConfig }, { serve }] = await Promise.all([
    import('../../config.ts'),
    import('./serve.ts'),
  ]);
  const loaded = loadServerConfigWithSources(settingsOf(options), process.env, options.config);
  if (options.showConfig) print(JSON.stringify(shownConfig(loaded), null, 2));
  else await serve(loaded.config, { lab, onStarted: started });
}
