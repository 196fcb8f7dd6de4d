import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import type { FileEntry } from './contract.ts';
import type { Folder } from './folder.ts';
import { newDraft } from './ignored.ts';
import { markOf, sameEntry, sameMark, type Known, type Mark } from './known.ts';
import { readEntry } from './read.ts';
import { changedMeanwhile, gone } from './reasons.ts';
import type { InUse, ObjectStore } from './store.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;
const mostTarget = 4096;

/** Where contents come from and go to. */
export interface Contents {
  readonly store: ObjectStore;
  readonly inUse: InUse;
}

/** Why one path is left, as the rest of a sentence. */
export class Left extends Error {}

/**
 * Puts a file or link where `present` is, or nothing. It is a fresh one, whole from the first moment on; what is there
 * is replaced only if it still is what it was.
 * @throws Left, or what the system says; nothing has changed then
 */
export async function put(
  folder: Folder,
  name: string,
  present: Known | undefined,
  target: FileEntry,
  contents: Contents,
): Promise<void> {
  const draft = newDraft();
  const owner = present === undefined ? folder.owner() : ownerOf(folder, name);
  if (present === undefined && target.kind === 'link') {
    makeLink(folder, name, target, contents.store, owner);
    return;
  }
  try {
    if (target.kind === 'link') makeLink(folder, draft, target, contents.store, owner);
    else await makeFile(folder, draft, target, contents.store, owner);
    if (present === undefined) place(folder, draft, name);
    else {
      const isSame = await stillThere(folder, name, present, contents);
      if (!isSame()) throw new Left(changedMeanwhile);
      renameSync(folder.at(draft), folder.at(name));
    }
  } finally {
    removeIfThere(folder, draft);
  }
}

/** Removes a file or link that still is what it was. @throws Left, or what the system says */
export async function remove(
  folder: Folder,
  name: string,
  present: Known,
  contents: Contents,
): Promise<void> {
  const isSame = await stillThere(folder, name, present, contents);
  if (!isSame()) throw new Left(changedMeanwhile);
  unlinkSync(folder.at(name));
}

/** Removes an empty directory. @throws what the system says */
export const removeFolder = (folder: Folder, name: string): void => rmdirSync(folder.at(name));

/** Makes a directory that only its owner may use until its permissions are set. @throws what the system says */
export function makeFolder(folder: Folder, name: string): void {
  mkdirSync(folder.at(name), 0o700);
  const made = folder.folder(name);
  try {
    made.give(folder.owner());
  } finally {
    made.close();
  }
}

/**
 * Reads it once more where its mark proves nothing: it is too young, or another one, as that of a file with two names is once
 * the other name is gone.
 * @returns asks at the last moment whether it still is what it was
 */
async function stillThere(
  folder: Folder,
  name: string,
  present: Known,
  { store, inUse }: Contents,
): Promise<() => boolean> {
  const isThere = (mark: Mark): boolean => {
    const status = folder.status(name);
    return status !== undefined && sameMark(mark, markOf(status));
  };
  let { mark } = present;
  if (present.isFresh || !isThere(mark)) {
    const again = await readEntry(folder, name, store, inUse);
    if (!again?.entry.kept || !sameEntry(again.entry, present.entry)) return () => false;
    mark = again.mark;
  }
  return () => isThere(mark);
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

function ownerOf(folder: Folder, name: string): Owner {
  const status = folder.status(name);
  return status ? { uid: Number(status.uid), gid: Number(status.gid) } : folder.owner();
}

const isRoot = process.getuid?.() === 0;

function makeLink(folder: Folder, name: string, { hash }: FileEntry, store: ObjectStore, owner: Owner): void {
  const target = store.read(hash, mostTarget);
  if (target === undefined) throw new Left(gone);
  symlinkSync(target, folder.at(name));
  if (isRoot) lchownSync(folder.at(name), owner.uid, owner.gid);
}

async function makeFile(
  folder: Folder,
  draft: string,
  { hash, mode }: FileEntry,
  store: ObjectStore,
  owner: Owner,
): Promise<void> {
  const descriptor = openSync(folder.at(draft), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    if (!(await store.writeTo(hash, descriptor))) throw new Left(gone);
    if (isRoot) fchownSync(descriptor, owner.uid, owner.gid);
    fchmodSync(descriptor, mode & 0o777);
    const written = fstatSync(descriptor, { bigint: true });
    const named = folder.status(draft);
    if (named?.ino !== written.ino || named.dev !== written.dev) throw new Left(changedMeanwhile);
  } finally {
    closeSync(descriptor);
  }
}

/** Gives a draft its name, unless something has that name by now. */
function place(folder: Folder, draft: string, name: string): void {
  try {
    linkSync(folder.at(draft), folder.at(name));
  } catch (error) {
    if (
      !['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(
        (error as NodeJS.ErrnoException).code ?? '',
      )
    )
      throw error;
    if (folder.status(name) !== undefined) throw new Left(changedMeanwhile);
    renameSync(folder.at(draft), folder.at(name));
  }
}

function removeIfThere(folder: Folder, draft: string): void {
  try {
    unlinkSync(folder.at(draft));
  } catch {
    // It has its name now, or a later look removes it.
  }
}
