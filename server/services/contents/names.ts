import { HttpError } from '../../http/errors.ts';

const mostTries = 10_000;

/**
 * Names to try, one after the other: `a.txt`, `a1.txt`, `a2.txt`. The number goes before the first dot, and before `.ipynb`.
 * @param insert what stands before the number
 */
export function* numbered(filename: string, insert: string): Generator<string> {
  const isNotebook = filename.endsWith('.ipynb');
  const dot = isNotebook ? filename.length - '.ipynb'.length : filename.indexOf('.');
  const [base, extension] = dot < 0 ? [filename, ''] : [filename.slice(0, dot), filename.slice(dot)];
  for (let number = 0; number < mostTries; number += 1) {
    yield `${base}${number === 0 ? '' : `${insert}${number}`}${extension}`;
  }
}

/**
 * Does something with the first of the names that is free.
 * @param take `undefined` where the name is taken
 * @throws HttpError 409 where none is free
 */
export async function firstFree<T>(
  names: Iterable<string>,
  take: (name: string) => Promise<T | undefined>,
): Promise<T> {
  for (const name of names) {
    const taken = await take(name);
    if (taken !== undefined) return taken;
  }
  throw new HttpError(409, 'No name is free: too many files are numbered. Rename or remove some.');
}

/** The name that copies are numbered from: a copy of a copy is not called so twice. */
export const copyBase = (name: string): string => name.replace(/-Copy\d*\./g, '.');

/** What new ones are called, and what stands between name and number. */
export const untitled = {
  notebook: () => ['Untitled.ipynb', ''],
  file: (extension: string) => [`untitled${extension}`, ''],
  directory: (extension: string) => [`Untitled Folder${extension}`, ' '],
} as const satisfies Record<string, (extension: string) => readonly [string, string]>;
