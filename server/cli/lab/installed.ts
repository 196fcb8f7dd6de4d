import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { homeDir, jupyterDataDir, labEnvDir } from '../../../kernel/paths.ts';
import { labPlaces, type LabPlaces } from '../../services/lab/places.ts';
import { programFile } from '../program.ts';
import { writeLabSettings } from './settings.ts';

/** The JupyterLab of Replique's own environment, with the settings that it is to have. */
export async function installedLab(): Promise<LabPlaces> {
  await writeLabSettings(labEnvDir());
  const library = join(labEnvDir(), 'lib');
  const pythons = (await readdir(library)).filter((name) => name.startsWith('python'));
  const packages = pythons.map((name) => join(library, name, 'site-packages'));
  const places = labPlaces(labEnvDir(), { home: homeDir(), dataDir: jupyterDataDir(), packages });
  return { ...places, extensions: [programFile('labextensions'), ...places.extensions] };
}
