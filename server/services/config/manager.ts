import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories, notWritable, readRegularFile } from '../../../kernel/files.ts';
import { jupyterConfigDir } from '../../../kernel/paths.ts';
import { Turns } from '../../../kernel/turns.ts';
import { parseJson } from '../../http/json.ts';

const mostBytes = 2 ** 20;

export type Section = Readonly<Record<string, unknown>>;

/** The settings that front ends keep on the server, one file a section, where Jupyter keeps them. */
export class ConfigManager {
  readonly #turns = new Turns();

  /** What is kept of a section; `{}` where nothing is, or it can't be read. */
  get(section: string): Section {
    try {
      const value = parseJson(readRegularFile(fileOf(section), mostBytes));
      return isObject(value) ? value : {};
    } catch {
      return {};
    }
  }

  /** @throws RepliqueError NOT_WRITABLE */
  async set(section: string, value: Section): Promise<void> {
    const leave = await this.#turns.enter();
    try {
      await write(fileOf(section), value);
    } finally {
      leave();
    }
  }

  /**
   * Merges into a section; `null` removes a key.
   * @throws RepliqueError NOT_WRITABLE
   */
  async update(section: string, changes: Section): Promise<Section> {
    const leave = await this.#turns.enter();
    try {
      const merged = merge(this.get(section), changes);
      await write(fileOf(section), merged);
      return merged;
    } finally {
      leave();
    }
  }
}

const fileOf = (section: string): string => join(jupyterConfigDir(), 'serverconfig', `${section}.json`);

const isObject = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function merge(old: Section, changes: Section): Section {
  const merged = new Map(Object.entries(old));
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) merged.delete(key);
    else if (!isObject(value)) merged.set(key, value);
    else {
      const before = merged.get(key);
      const inner = merge(isObject(before) ? before : {}, value);
      if (Object.keys(inner).length === 0) merged.delete(key);
      else merged.set(key, inner);
    }
  }
  return Object.fromEntries(merged);
}

async function write(file: string, value: Section): Promise<void> {
  makeDirectories(join(file, '..'), 0o700);
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw notWritable(file, error as Error);
  }
}
