import { randomUUID } from 'node:crypto';
import { linkSync, lstatSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { repliqueError } from '../../../../kernel/errors.ts';
import { makeDirectories, readRegularFile } from '../../../../kernel/files.ts';

/** Files of the directory in which a server keeps what its successor needs: for its owner alone, written whole or not at all. */

const mostBytes = 8 * 2 ** 20;

/**
 * Makes the directory, or takes the one that is there if nobody else can have put anything into it.
 * @throws RepliqueError NOT_WRITABLE, SERVER_REFUSED
 */
export function privateDirectory(path: string): void {
  makeDirectories(path, 0o700);
  const { uid, mode } = lstatSync(path);
  const isPrivate = uid === process.geteuid?.() && (mode & 0o077) === 0;
  if (isPrivate) return;
  throw repliqueError('SERVER_REFUSED', {
    sentence: `The directory ${path} is not this user’s alone: what lies there can’t be trusted.`,
    remedy: `Look at what it is, then \`chmod 700 ${path}\` or remove it.`,
  });
}

/** @throws Error where it can't be written */
export function writeWhole(file: string, value: unknown): void {
  withDraft(file, value, (draft) => renameSync(draft, file));
}

/** @returns whether there was no such file before. @throws Error where it can't be written */
export function writeNew(file: string, value: unknown): boolean {
  try {
    withDraft(file, value, (draft) => linkSync(draft, file));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** What a file holds; `undefined` where there is none, or none that can be read. */
export function readValue(file: string): unknown {
  try {
    return JSON.parse(readRegularFile(file, mostBytes));
  } catch {
    return undefined;
  }
}

function withDraft(file: string, value: unknown, place: (draft: string) => void): void {
  const draft = `${file}.${randomUUID()}.draft`;
  try {
    writeFileSync(draft, JSON.stringify(value), { mode: 0o600, flag: 'wx' });
    place(draft);
  } finally {
    rmSync(draft, { force: true });
  }
}
