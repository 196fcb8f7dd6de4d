import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectories, notWritable } from '../../../kernel/files.ts';

/**
 * Writes a directory, complete or not at all; one that is there is replaced.
 * @param fill writes what belongs into it to a draft beside it
 * @throws RepliqueError NOT_WRITABLE
 */
export async function replaceDirectory(
  target: string,
  fill: (draft: string) => Promise<void>,
): Promise<void> {
  const draft = `${target}.${process.pid}`;
  makeDirectories(dirname(target));
  try {
    await fill(draft);
    await rm(target, { recursive: true, force: true });
    await rename(draft, target);
  } catch (error) {
    throw notWritable(target, error as Error);
  } finally {
    await rm(draft, { recursive: true, force: true }).catch(() => undefined); // there may be no such place
  }
}
