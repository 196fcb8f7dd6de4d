import { join } from 'node:path';
import { repliqueError } from '../../kernel/errors.ts';
import { isOpenToOthers, readRegularFile } from '../../kernel/files.ts';
import { nearest } from '../../kernel/near.ts';
import { configDir } from '../../kernel/paths.ts';
import { keys, secretKeys } from './schema.ts';

const mostBytes = 2 ** 20;

/** The file that is read where none is named. */
export const usualFile = (): string => join(configDir(), 'server.json');

/**
 * What a file of the configuration sets: a JSON object.
 * @param isNamed whether it has to be there
 * @throws RepliqueError CONFIG_INVALID, naming the file and never showing a value
 */
export function fromFile(file: string, isNamed: boolean): Readonly<Record<string, unknown>> {
  const text = read(file, isNamed);
  if (text === undefined) return {};
  const values = objectIn(text);
  if (values === undefined) throw invalid(file, 'it is not a JSON object.');
  for (const key of Object.keys(values)) {
    if ((keys as readonly string[]).includes(key)) continue;
    const [meant] = nearest(key, keys);
    const problem = `it has no key ${JSON.stringify(key.slice(0, 100))}.`;
    const remedy =
      meant === undefined
        ? 'Take it out; `replique server --show-config` lists the keys.'
        : `Did you mean "${meant}"?`;
    throw invalid(file, problem, remedy);
  }
  if (secretKeys.some((key) => values[key]) && isOpenToOthers(file)) {
    const remedy = `\`chmod 600 ${file}\`, and change the token if others may have seen it.`;
    throw invalid(file, 'it holds the token, and other users can read or write it.', remedy);
  }
  return values;
}

function read(file: string, isNamed: boolean): string | undefined {
  try {
    return readRegularFile(file, mostBytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !isNamed) return undefined;
    throw invalid(file, `${(error as Error).message}.`);
  }
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // what the parser says quotes the text, which may hold the token
  }
}

const invalid = (file: string, problem: string, remedy?: string): Error =>
  repliqueError('CONFIG_INVALID', { where: `the file ${file}`, problem, ...(remedy && { remedy }) });
