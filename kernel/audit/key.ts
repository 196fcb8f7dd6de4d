import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectories } from '../files.ts';

const keyBytes = 32;

/** The key of this installation. @throws Error where there is none that can be used */
export function readKey(file: string): Buffer {
  const key = readFileSync(file);
  if (key.length !== keyBytes) throw new Error(`${file} does not hold a key`);
  if ((statSync(file).mode & 0o077) !== 0) throw new Error(`${file} can be read by others`);
  return key;
}

/** The key of this installation, made if there is none. Kernels that start at once all get the same. */
export function readOrMakeKey(file: string): Buffer {
  try {
    return readKey(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  makeDirectories(dirname(file), 0o700);
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, randomBytes(keyBytes), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file); // unlike a rename, it leaves a key that another kernel has just made
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  return readKey(file);
}
