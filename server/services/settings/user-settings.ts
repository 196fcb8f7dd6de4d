import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import JSON5 from 'json5';
import type { Log } from '../../http/log.ts';
import { readText } from '../lab/read-json.ts';
import type { PluginSchema } from './schemas.ts';

/** What a person has set a plugin to, as they wrote it (JSON with comments) and as it reads. */
export interface UserSettings {
  readonly raw: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly last_modified: string | null;
  readonly created: string | null;
}

const nothing: UserSettings = { raw: '{}', settings: {}, last_modified: null, created: null };

/** Settings by plugin, one file each, where jupyterlab_server keeps them too. */
export class SettingsStore {
  readonly #directory: string;
  readonly #log: Log;

  constructor(directory: string, log: Log) {
    this.#directory = directory;
    this.#log = log;
  }

  /** What can't be read, or does not fit the schema, counts as not set; the log says so. */
  async get({ id, schema }: PluginSchema): Promise<UserSettings> {
    const file = this.#fileOf(id);
    try {
      const raw = await readText(file);
      if (raw === undefined || raw.trim() === '') return nothing;
      const settings = checked(raw, schema);
      const { mtime, ctime } = await stat(file);
      return { raw, settings, last_modified: mtime.toISOString(), created: ctime.toISOString() };
    } catch (error) {
      this.#log.warn(`The settings in ${file} can't be used: ${(error as Error).message}`);
      return nothing;
    }
  }

  /** @throws Error that says what is wrong with the settings */
  check(raw: string, { schema }: PluginSchema): void {
    checked(raw, schema);
  }

  async save({ id }: PluginSchema, raw: string): Promise<void> {
    const file = this.#fileOf(id);
    await mkdir(dirname(file), { recursive: true });
    const draft = `${file}.${process.pid}.draft`;
    await writeFile(draft, raw);
    await rename(draft, file);
  }

  #fileOf(id: string): string {
    const [directory = '', plugin = ''] = id.split(':');
    return join(this.#directory, directory, `${plugin}.jupyterlab-settings`);
  }
}

function checked(raw: string, schema: PluginSchema['schema']): Readonly<Record<string, unknown>> {
  const settings: unknown = JSON5.parse(raw);
  if (settings === null || typeof settings !== 'object' || Array.isArray(settings)) {
    throw new Error('they are no object');
  }
  const ajv = new Ajv({ strict: false, validateSchema: false, logger: false, validateFormats: false });
  const validate = ajv.compile(schema);
  if (!validate(settings)) throw new Error(ajv.errorsText(validate.errors, { dataVar: 'settings' }));
  return settings as Readonly<Record<string, unknown>>;
}
