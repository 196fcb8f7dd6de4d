import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { repliqueError } from '../../../kernel/errors.ts';
import { homeDir, jupyterDataDir, labEnvDir } from '../../../kernel/paths.ts';
import { labPlaces, type LabPlaces } from '../../services/lab/places.ts';
import { programFile } from '../program.ts';
import { writeLabSettings } from './settings.ts';

/**
 * The JupyterLab of Replique's own environment, with the settings that it is to have.
 * @throws RepliqueError LAB_FAILED where the environment has lost it
 */
export async function installedLab(): Promise<LabPlaces> {
  const directory = labEnvDir();
  const library = join(directory, 'lib');
  const pythons = (await readdir(library).catch(() => [])).filter((name) => name.startsWith('python'));
  const packages = pythons.map((name) => join(library, name, 'site-packages'));
  const places = labPlaces(directory, { home: homeDir(), dataDir: jupyterDataDir(), packages });
  if (!existsSync(join(places.app, 'static', 'index.html'))) throw repliqueError('LAB_FAILED', { directory });
  await writeLabSettings(directory);
  return { ...places, extensions: [programFile('labextensions'), ...places.extensions] };
}
