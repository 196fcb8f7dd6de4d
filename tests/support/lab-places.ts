import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { labEnvDir } from '../../kernel/paths.ts';
import { programFile } from '../../server/cli/program.ts';
import { labPlaces, type LabPlaces } from '../../server/services/lab/places.ts';

/** The JupyterLab and the Notebook of Replique's own environment; what they keep for their user is below `home`. */
export function labPlacesIn(home: string): LabPlaces {
  const library = join(labEnvDir(), 'lib');
  const packages = readdirSync(library).map((name) => join(library, name, 'site-packages'));
  const places = labPlaces(labEnvDir(), { home, dataDir: join(home, 'data'), packages }, {});
  return { ...places, extensions: [programFile('labextensions'), ...places.extensions] };
}
