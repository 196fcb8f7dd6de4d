import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { repliqueError } from './errors.ts';

/**
 * Makes a directory and those above it. Node's own `recursive` tries for ever where the system says ENOENT below a
 * directory that is there, as /proc does.
 * @param mode of the directories that are made
 * @throws RepliqueError NOT_WRITABLE
 */
export function makeDirectories(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isDirectory(path)) return;
    if (code !== 'ENOENT' || existsSync(dirname(path))) {
      throw repliqueError(
        'NOT_WRITABLE',
        { path, problem: `${(error as Error).message}.` },
        { cause: error },
      );
    }
    makeDirectories(dirname(path), mode);
    makeDirectories(path, mode);
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
