import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Log } from '../../http/log.ts';
import { findExtensions } from '../lab/extensions.ts';
import type { LabPlaces } from '../lab/places.ts';
import { readJson, readText } from '../lab/read-json.ts';
import JSON5 from 'json5';

/** `@scope/package:plugin`. */
const idForm = /^(?:@[\w.~-]+\/)?[\w.~-]+:[\w.~-]+$/;

const schemaForm = z.looseObject({
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});

/** A plugin's JSON schema, with the defaults that stand in this installation. */
export interface PluginSchema {
  readonly id: string;
  readonly schema: Readonly<Record<string, unknown>>;
  /** Of its package. */
  readonly version: string;
}

/** Whether an id can be a plugin's. */
export const isPluginId = (id: string): boolean => id.length <= 300 && idForm.test(id);

/** The schemas of what plugins can be set to: JupyterLab's own, and those of prebuilt extensions. */
export class PluginSchemas {
  readonly #places: LabPlaces;
  readonly #log: Log;

  constructor(places: LabPlaces, log: Log) {
    this.#places = places;
    this.#log = log;
  }

  /** In the order in which JupyterLab is used to get them: by id, the last first. */
  async ids(): Promise<readonly string[]> {
    return [...(await this.#files()).keys()].toSorted().toReversed();
  }

  async all(): Promise<readonly PluginSchema[]> {
    const [files, defaults] = await Promise.all([this.#files(), this.#defaults()]);
    const read = [...files].map(([id, file]) => this.#read(id, file, defaults));
    const found = (await Promise.all(read)).filter((each) => each !== undefined);
    return found.toSorted((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** `undefined` where there is no such plugin. */
  async get(id: string): Promise<PluginSchema | undefined> {
    const [files, defaults] = await Promise.all([this.#files(), this.#defaults()]);
    const file = files.get(id);
    return file === undefined ? undefined : this.#read(id, file, defaults);
  }

  async #files(): Promise<ReadonlyMap<string, string>> {
    const extensions = await findExtensions(this.#places, this.#log);
    const roots = [
      join(this.#places.app, 'schemas'),
      ...extensions.map(({ directory }) => join(directory, 'schemas')).toReversed(),
    ];
    const files = new Map<string, string>();
    for (const root of roots) for (const [id, file] of await schemasBelow(root)) files.set(id, file);
    return files;
  }

  async #read(
    id: string,
    file: string,
    defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ): Promise<PluginSchema | undefined> {
    try {
      const schema = schemaForm.parse(await readJson(file));
      const about = z.looseObject({ version: z.string() });
      const found = about.safeParse(await readJson(join(dirname(file), 'package.json.orig')));
      const version = found.success ? found.data.version : 'N/A';
      return { id, version, schema: withDefaults(schema, defaults[id] ?? {}) };
    } catch (error) {
      this.#log.warn(`The settings' schema ${file} can't be used: ${(error as Error).message}`);
      return undefined;
    }
  }

  /** `overrides.json` of the installation: defaults that its owner has chosen. */
  async #defaults(): Promise<Readonly<Record<string, Readonly<Record<string, unknown>>>>> {
    const form = z.record(z.string(), z.record(z.string(), z.unknown()));
    for (const name of ['overrides.json5', 'overrides.json']) {
      const file = join(this.#places.app, 'settings', name);
      try {
        const text = await readText(file);
        if (text !== undefined) return form.parse(JSON5.parse(text));
      } catch (error) {
        this.#log.warn(`${file} can't be used: ${(error as Error).message}`);
      }
    }
    return {};
  }
}

/** `PACKAGE/PLUGIN.json` and `@SCOPE/PACKAGE/PLUGIN.json`, as id and path. */
async function schemasBelow(root: string): Promise<readonly (readonly [string, string])[]> {
  const entries = await readdir(root, { recursive: true }).catch(() => []);
  return entries
    .filter((name) => name.endsWith('.json'))
    .map((name) => [`${dirname(name)}:${basename(name, '.json')}`, join(root, name)] as const)
    .filter(([id]) => isPluginId(id));
}

function withDefaults(
  schema: z.infer<typeof schemaForm>,
  defaults: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const properties = { ...schema.properties };
  for (const [key, value] of Object.entries(defaults)) {
    const before = properties[key]?.['default'];
    const isNested = isRecord(before) && isRecord(value);
    properties[key] = { ...properties[key], default: isNested ? { ...before, ...value } : value };
  }
  return Object.keys(defaults).length === 0 ? schema : { ...schema, properties };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
