import { stat, readFile } from 'node:fs/promises';

const mostBytes = 8 * 2 ** 20;

/** A file of an installed package, as text. `undefined` where there is none. @throws Error where it can't be read, or is too long */
export async function readText(file: string): Promise<string | undefined> {
  try {
    const info = await stat(file);
    if (!info.isFile()) return undefined;
    if (info.size > mostBytes) throw new Error(`${file} is longer than ${mostBytes} bytes`);
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The same as JSON. @throws Error where it is none */
export async function readJson(file: string): Promise<unknown> {
  const text = await readText(file);
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}
