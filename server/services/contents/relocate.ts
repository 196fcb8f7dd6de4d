import { HttpError } from '../../http/errors.ts';
import { isWithin, type ApiPath } from './api-path.ts';
import { checkpointsFolder, deleteCheckpoint, listCheckpoints, moveCheckpoint } from './checkpoints.ts';
import type { ContentsContext } from './context.ts';
import { newDraftName } from './files/drafts.ts';
import { codeOf } from './files/errors.ts';
import type { Place } from './files/root.ts';
import { moveToTrash } from './files/trash.ts';
import { copyTree, moveToNew, removeTree, type CopyBudget, type Entry } from './files/trees.ts';
import { copyBase, firstFree, numbered } from './names.ts';
import { noSuchFile } from './read.ts';

/** Larger directories are not copied: the client would give up waiting. */
const copyBudget = { bytes: 500 * 2 ** 20, entries: 100_000 };

/**
 * Gives a file or directory another path, and its checkpoint, too.
 * @throws HttpError 404 where it is not there, 409 where there is something at the new path; Error of the system
 */
export async function rename(from: Place, to: Place, path: ApiPath, target: ApiPath): Promise<void> {
  if (from.status === undefined) throw noSuchFile(path);
  if (from.name === '.') throw new HttpError(400, "The root can't be renamed");
  if (isWithin(target, path)) throw new HttpError(400, `${path.text} can't be moved into itself`);
  if (to.status !== undefined) {
    const isSame = to.status.ino === from.status.ino && to.status.dev === from.status.dev;
    // Two names of one file, as a rename leaves that was cut off: the old one goes.
    if (isSame && from.status.isFile() && from.status.nlink > 1) return removeTree(from.folder, from.name);
    throw new HttpError(409, `File already exists: ${target.text}`);
  }
  try {
    await moveToNew(from, to);
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    await copyWhole(from, to, { ...copyBudget });
    await removeTree(from.folder, from.name);
  }
  await Promise.all([from.folder.sync(), to.folder.sync()]);
  await moveCheckpoint(from, to);
}

/**
 * Copies a file or directory.
 * @param to where it is to be; with `into`, a directory in which it gets a free name
 * @returns its name
 * @throws HttpError 404, 400 for more than can be copied; Error of the system
 */
export async function copy(from: Place, to: Place, path: ApiPath, into: boolean): Promise<string> {
  if (from.status === undefined) throw noSuchFile(path);
  if (!from.status.isFile() && !from.status.isDirectory())
    throw new HttpError(400, `${path.text} can't be copied`);
  if (!into) {
    await copyWhole(from, to, { ...copyBudget });
    return to.name;
  }
  const folder = await to.folder.folder(to.name);
  try {
    return await firstFree(numbered(copyBase(path.name), '-Copy'), async (name) => {
      if ((await folder.status(name)) !== undefined) return undefined;
      try {
        await copyWhole(from, { folder, name }, { ...copyBudget });
        return name;
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return undefined;
        throw error;
      }
    });
  } finally {
    await folder.close();
  }
}

/**
 * Deletes a file or directory, and its checkpoint.
 * @throws HttpError 404 where it is not there, 400 for a directory with something in it where there is no trash
 */
export async function remove(place: Place, path: ApiPath, { toTrash, root }: ContentsContext): Promise<void> {
  const { folder, name, status } = place;
  if (status === undefined) throw noSuchFile(path);
  if (toTrash) await moveToTrash(place, [root.path, ...path.segments].join('/'));
  else if (!status.isDirectory()) await removeTree(folder, name);
  else await removeEmpty(place, path);
  await folder.sync();
  for (const { id } of await listCheckpoints(place)) await deleteCheckpoint(place, id);
}

async function removeEmpty({ folder, name }: Place, path: ApiPath): Promise<void> {
  const inside = await folder.folder(name);
  const names = await inside.names().finally(() => inside.close());
  if (names.some((each) => each !== checkpointsFolder)) {
    throw new HttpError(400, `Directory ${path.text} not empty`);
  }
  await removeTree(folder, name);
}

/** Makes the copy under a name that nobody sees, then gives it its own: it is there whole or not at all. */
async function copyWhole(from: Entry, to: Entry, budget: CopyBudget): Promise<void> {
  const draft = { folder: to.folder, name: newDraftName() };
  try {
    await copyTree(from, draft, budget);
    await moveToNew(draft, to);
    await to.folder.sync();
  } catch (error) {
    await removeTree(draft.folder, draft.name).catch(() => undefined);
    throw error;
  }
}
