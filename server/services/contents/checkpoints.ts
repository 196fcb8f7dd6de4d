import type { Stats } from 'node:fs';
import { mkdir, rename, unlink } from 'node:fs/promises';
import { parse } from 'node:path';
import { HttpError } from '../../http/errors.ts';
import { replaceFile } from './files/drafts.ts';
import { failedWith } from './files/errors.ts';
import type { Folder } from './files/folder.ts';
import type { Place } from './files/root.ts';
import { copyBytes } from './files/trees.ts';
import { timestamp } from './model.ts';

/** Where Jupyter keeps them: next to the file. */
export const checkpointsFolder = '.ipynb_checkpoints';

/** There is one of each file, as with jupyter_server. */
const onlyId = 'checkpoint';

export interface CheckpointModel {
  readonly id: string;
  readonly last_modified: string;
}

/** The checkpoints of a file; none where the file is not there. */
export async function listCheckpoints({ folder, name }: Place): Promise<CheckpointModel[]> {
  const found = await inCheckpoints(folder, (inside) => inside.status(checkpointName(name)));
  return found?.isFile() === true ? [model(found)] : [];
}

/** Keeps what a file holds now, in place of what was kept before. */
export async function createCheckpoint({ folder, name }: Place): Promise<CheckpointModel> {
  const source = await folder.file(name);
  try {
    await makeFolder(folder);
    const made = await inCheckpoints(folder, async (inside) => {
      const kept = checkpointName(name);
      const before = await inside.status(kept);
      await replaceFile(inside, kept, before ?? undefined, async (draft) => {
        await copyBytes(source.handle, draft);
        await draft.chmod(source.status.mode & 0o777);
        await draft.utimes(source.status.atime, source.status.mtime);
      });
      return inside.status(kept);
    });
    if (made === undefined) throw new HttpError(409, `The checkpoint of ${name} was removed meanwhile.`);
    return model(made);
  } finally {
    await source.handle.close();
  }
}

/**
 * Makes a file again what it was, whole.
 * @throws HttpError 404 where there is no such checkpoint
 */
export async function restoreCheckpoint({ folder, name, status }: Place, id: string): Promise<void> {
  const restored = await inCheckpoints(folder, async (inside) => {
    if (id !== onlyId || (await inside.status(checkpointName(name))) === undefined) return undefined;
    const source = await inside.file(checkpointName(name));
    try {
      await replaceFile(folder, name, status, (draft) => copyBytes(source.handle, draft));
      return true;
    } finally {
      await source.handle.close();
    }
  });
  if (restored === undefined) throw noCheckpoint(name, id);
}

/** @throws HttpError 404 where there is no such checkpoint */
export async function deleteCheckpoint({ folder, name }: Place, id: string): Promise<void> {
  const removed = await inCheckpoints(folder, async (inside) => {
    if (id !== onlyId || (await inside.status(checkpointName(name)))?.isFile() !== true) return undefined;
    await unlink(inside.at(checkpointName(name)));
    return true;
  });
  if (removed === undefined) throw noCheckpoint(name, id);
}

/** Lets the checkpoint of a file that was renamed follow it. */
export async function moveCheckpoint(from: Place, to: Place): Promise<void> {
  if ((await listCheckpoints(from)).length === 0) return;
  await makeFolder(to.folder);
  await inCheckpoints(from.folder, (source) =>
    inCheckpoints(to.folder, (target) =>
      rename(source.at(checkpointName(from.name)), target.at(checkpointName(to.name))),
    ),
  );
}

/** Makes the directory of checkpoints, where there is none. */
async function makeFolder(folder: Folder): Promise<void> {
  await mkdir(folder.at(checkpointsFolder)).catch((error: unknown) => {
    if (!failedWith(error, 'EEXIST')) throw error;
  });
}

/** `a.ipynb` is kept as `a-checkpoint.ipynb`. */
function checkpointName(file: string): string {
  const { name, ext } = parse(file);
  return `${name}-${onlyId}${ext}`;
}

/** Does something in the directory of checkpoints; `undefined` where there is none. */
async function inCheckpoints<T>(
  folder: Folder,
  action: (inside: Folder) => Promise<T>,
): Promise<T | undefined> {
  let inside: Folder;
  try {
    inside = await folder.folder(checkpointsFolder);
  } catch (error) {
    // A link or file of that name holds no checkpoints.
    if (failedWith(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
  try {
    return await action(inside);
  } finally {
    await inside.close();
  }
}

const model = ({ mtimeMs }: Stats): CheckpointModel => ({ id: onlyId, last_modified: timestamp(mtimeMs) });

const noCheckpoint = (name: string, id: string): HttpError =>
  new HttpError(404, `Checkpoint does not exist: ${name}@${id}`);
