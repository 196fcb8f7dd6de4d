import {
  link,
  lstat,
  mkdir,
  open,
  readlink,
  rename,
  rmdir,
  symlink,
  unlink,
  type FileHandle,
} from 'node:fs/promises';
import { constants } from 'node:fs';
import { HttpError } from '../../../http/errors.ts';
import { failedWith } from './errors.ts';
import type { Folder } from './folder.ts';

/** An entry of an open directory. */
export interface Entry {
  readonly folder: Folder;
  readonly name: string;
}

/** Directories in one another that are gone through: each holds files open. */
const deepest = 100;
const step = 2 ** 20;

/**
 * Gives an entry a name that nothing has yet, also where somebody else makes one at the same moment.
 * @throws Error EEXIST
 */
export async function moveToNew(from: Entry, to: Entry): Promise<void> {
  const [source, target] = [from.folder.at(from.name), to.folder.at(to.name)];
  const status = await lstat(source);
  if (status.isFile()) {
    try {
      await link(source, target);
      await unlink(source);
      return;
    } catch (error) {
      // File systems without links of this kind, and files of others that may not be linked.
      if (!failedWith(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
    }
  }
  if ((await to.folder.status(to.name)) !== undefined) {
    throw Object.assign(new Error('file already exists'), { code: 'EEXIST' });
  }
  await rename(source, target);
}

/** Removes an entry and all that is in it; what links lead to stays. */
export async function removeTree(folder: Folder, name: string, depth = 0): Promise<void> {
  const status = await folder.status(name);
  if (status?.isDirectory() !== true) return unlink(folder.at(name));
  if (depth > deepest) throw tooDeep();
  const inside = await folder.folder(name);
  try {
    for (const each of await inside.names()) await removeTree(inside, each, depth + 1);
  } finally {
    await inside.close();
  }
  await rmdir(folder.at(name));
}

/** What a copy may still take. */
export interface CopyBudget {
  bytes: number;
  entries: number;
}

/**
 * Copies an entry and all that is in it under a name that nothing has yet. Links stay links; pipes and devices are left out.
 * @throws HttpError 400 where it is more than the budget
 */
export async function copyTree(from: Entry, to: Entry, budget: CopyBudget, depth = 0): Promise<void> {
  const status = await from.folder.status(from.name);
  budget.entries -= 1;
  if (status?.isFile() === true) budget.bytes -= status.size;
  if (budget.entries < 0 || budget.bytes < 0) throw new HttpError(400, 'The directory is too large to copy.');
  if (depth > deepest) throw tooDeep();
  if (status?.isSymbolicLink() === true) {
    return symlink(await readlink(from.folder.at(from.name)), to.folder.at(to.name));
  }
  if (status?.isFile() === true) return copyFile(from, to, status.mode);
  if (status?.isDirectory() !== true) return;
  await mkdir(to.folder.at(to.name));
  const source = await from.folder.folder(from.name);
  try {
    const target = await to.folder.folder(to.name);
    try {
      for (const name of await source.names()) {
        await copyTree({ folder: source, name }, { folder: target, name }, budget, depth + 1);
      }
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copyFile(from: Entry, to: Entry, mode: number): Promise<void> {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
  const source = await from.folder.file(from.name);
  try {
    const target = await open(to.folder.at(to.name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode & 0o777);
    try {
      await copyBytes(source.handle, target);
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.handle.close();
  }
}

/** Appends all of a file to another. */
export async function copyBytes(source: FileHandle, target: FileHandle): Promise<void> {
  const buffer = Buffer.allocUnsafe(step);
  for (;;) {
    const { bytesRead } = await source.read(buffer, 0, step, null);
    if (bytesRead === 0) return;
    await target.writeFile(buffer.subarray(0, bytesRead));
  }
}

const tooDeep = (): HttpError => new HttpError(400, `Directories are nested deeper than ${deepest} levels.`);
