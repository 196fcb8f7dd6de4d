import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Log } from '../../http/log.ts';
import type { LabPlaces } from './places.ts';
import { readJson } from './read-json.ts';

const name = z.string().regex(/^(?:@[\w.~-]+\/)?[\w.~-]+$/);

/** `package.json` of a prebuilt extension (JupyterLab, "Extension Developer Guide", prebuilt extensions). */
const schema = z.object({
  name,
  jupyterlab: z.object({
    _build: z.object({
      load: z.string(),
      extension: z.string().optional(),
      mimeExtension: z.string().optional(),
      style: z.string().optional(),
      entrypoints: z.array(z.string()).optional(),
    }),
    disabledExtensions: z.array(z.string()).optional(),
  }),
});

/** As the page's configuration names it. */
interface FederatedExtension {
  readonly name: string;
  readonly load: string;
  readonly extension?: string | undefined;
  readonly mimeExtension?: string | undefined;
  readonly style?: string | undefined;
  readonly entrypoints?: readonly string[] | undefined;
}

export interface FoundExtension {
  readonly entry: FederatedExtension;
  readonly directory: string;
  /** Other extensions that this one takes the place of. */
  readonly disables: readonly string[];
}

/** The prebuilt extensions that are installed, each once. One that can't be read is told of in the log and left out. */
export async function findExtensions(
  { extensions }: Pick<LabPlaces, 'extensions'>,
  log: Pick<Log, 'warn'>,
): Promise<readonly FoundExtension[]> {
  const found = new Map<string, FoundExtension>();
  for (const directory of extensions) {
    for (const inside of await directoriesOf(directory)) {
      const place = join(directory, inside);
      try {
        const content = await readJson(join(place, 'package.json'));
        if (content === undefined) continue;
        const { name: itsName, jupyterlab } = schema.parse(content);
        const { _build, disabledExtensions = [] } = jupyterlab;
        if (itsName !== inside) throw new Error(`it is called ${itsName}`);
        if (found.has(itsName)) continue;
        const entry = { name: itsName, ..._build };
        found.set(itsName, { entry, directory: place, disables: disabledExtensions });
      } catch (error) {
        log.warn(`The JupyterLab extension in ${place} can't be used: ${(error as Error).message}`);
      }
    }
  }
  return [...found.values()];
}

/** `name` and `@scope/name`. */
async function directoriesOf(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => []);
  const nested = await Promise.all(
    names.map(async (each) =>
      each.startsWith('@')
        ? (await readdir(join(directory, each)).catch(() => [])).map((inner) => `${each}/${inner}`)
        : [each],
    ),
  );
  return nested.flat().toSorted();
}
