import type { FileEntry } from './contract.ts';
import { sameEntry } from './known.ts';

/** Why a path is left as it is: the rest of a sentence that begins with it. */

const failures: Record<string, string> = {
  EACCES: 'can’t be changed: permissions don’t allow it',
  EPERM: 'can’t be changed: permissions don’t allow it',
  EROFS: 'can’t be changed: the file system is read-only',
  ENOSPC: 'can’t be written: the disk is full',
  EDQUOT: 'can’t be written: your share of the disk is used up',
  ENOTEMPTY: 'is a folder that still holds something of others',
  EEXIST: 'was made by others meanwhile',
  ENOENT: 'can’t be written: the folder around it is gone',
  ENOTDIR: 'can’t be reached: what was a folder around it is none now',
  ELOOP: 'can’t be reached: a folder around it is a link now, and links are not followed',
  EBUSY: 'can’t be changed: the system uses it',
  ENAMETOOLONG: 'can’t be written: its name is too long here',
};

export const gone = 'is no longer kept as it was';
export const changedMeanwhile = 'was changed by others meanwhile';
export const special = 'is a pipe, a socket or a device now, which is left alone';
export const notOurs = 'is nothing that is taken back';
export const vanished = 'can’t be reached: the workspace is not there';
export const silent = 'can’t be reached: the disk does not answer';

export function reasonOf(error: unknown): string {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  return failures[code] ?? `can’t be changed (${code})`;
}

const nouns = { file: 'a file', link: 'a link', directory: 'a folder' };

/** What others made of what the last of our changes left. */
export function differenceOf(present: FileEntry | undefined, expected: FileEntry | undefined): string {
  if (sameEntry(present, expected)) return 'was changed by others between two cells, and is as they left it';
  if (present === undefined) return 'was removed by others';
  if (expected === undefined) return 'was made by others';
  if (present.kind !== expected.kind) return `is ${nouns[present.kind]} now, made by others`;
  if (sameEntry({ ...present, mode: expected.mode }, expected)) return 'has other permissions, set by others';
  return 'was changed by others';
}
