import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Resource } from '../../http/server.ts';
import { findExtensions } from '../lab/extensions.ts';
import { addFiles } from '../lab/files.ts';
import type { LabPlaces } from '../lab/places.ts';
import type { Log } from '../../http/log.ts';

/**
 * The style sheets of themes: those of prebuilt extensions, then JupyterLab's own. A sheet names its pictures relative to itself, and
 * browsers resolve that as it is.
 */
export async function themesResource(places: LabPlaces, log: Log): Promise<Resource> {
  const extensions = await findExtensions(places, log);
  const own = extensions.map(({ directory }) => join(directory, 'themes')).filter((each) => existsSync(each));
  return ({ app }) => addFiles(app, '/lab/api/themes/', [...own, join(places.app, 'themes')]);
}
