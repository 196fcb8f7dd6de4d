import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { RepliqueError } from './errors.ts';
import { repliqueError } from './errors.ts';
import { variableOf } from './paths.ts';

/**
 * Reads a file of text that a person named. It never waits: a pipe or a device is refused, unread.
 * @throws Error with the rest of a sentence ("it is …"), or what the system says, with its `code`
 */
export function readRegularFile(path: string, mostBytes: number): string {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const info = fstatSync(descriptor);
    if (!info.isFile()) throw new Error('it is not a regular file');
    if (info.size > mostBytes) throw new Error(`it is larger than ${mostBytes} bytes`);
    const bytes = Buffer.alloc(info.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    }
    return bytes.toString('utf8', 0, length);
  } finally {
    closeSync(descriptor);
  }
}

/** Whether users who neither own a file nor are in its group can read or write it. @throws Error of the system */
export const isOpenToOthers = (path: string): boolean => (statSync(path).mode & 0o006) !== 0;

/**
 * Makes a directory and those above it. Node's own `recursive` tries for ever where the system says ENOENT below a
 * directory that is there, as /proc does.
 * @param mode of the directories that are made
 * @throws RepliqueError NOT_WRITABLE
 */
export function makeDirectories(path: string, mode = 0o777): void {
  try {
    make(path, mode);
  } catch (error) {
    throw notWritable(path, error as Error);
  }
}

/** Makes a file for its owner alone, before anything is in it. What SQLite keeps beside it has the same rights. */
export function makePrivate(file: string): void {
  makeDirectories(dirname(file), 0o700);
  closeSync(openSync(file, constants.O_CREAT | constants.O_RDWR | constants.O_NONBLOCK, 0o600));
  chmodSync(file, 0o600);
}

/** The error for a place that can't be written. For what Replique keeps, it names the variable that moves it. */
export function notWritable(path: string, cause: Error): RepliqueError {
  const details = { path, problem: `${cause.message}.`, variable: variableOf(path) };
  return repliqueError('NOT_WRITABLE', details, { cause });
}

function make(path: string, mode: number): void {
  try {
    mkdirSync(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isDirectory(path)) return;
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error;
    make(dirname(path), mode);
    make(path, mode);
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
