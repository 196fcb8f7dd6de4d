import { lstat, open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { repliqueError } from '../../../kernel/errors.ts';
import { draftOf, removeStale } from './drafts.ts';

/**
 * Tries whether a file could be written there; leaves nothing behind. It takes the place of what is there, so that
 * must be a file: a device that root replaced would be gone for every program.
 * @throws RepliqueError NOT_WRITABLE
 */
export async function checkWritable(file: string): Promise<void> {
  const target = await targetOf(file);
  await whileWriting(target, 0o600, () => Promise.resolve());
  await rm(draftOf(target), { force: true });
}

/**
 * Writes a file, complete or not at all. A link within its own directory stays one, and a file that is there keeps its
 * permissions.
 * @throws RepliqueError NOT_WRITABLE
 */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const target = await targetOf(file);
  const there = await stat(target).catch(() => undefined);
  await whileWriting(target, there ? 0o600 : 0o666, async (fresh) => {
    await fresh.writeFile(content);
    if (there) await fresh.chmod(there.mode & 0o777);
    await rename(draftOf(target), target);
  });
}

/** The file that is written where this one is named: a link that leads out of its directory is refused. */
async function targetOf(file: string): Promise<string> {
  const problem = await problemOf(file);
  if (problem !== undefined) throw repliqueError('NOT_WRITABLE', { path: file, problem });
  const directory = await realpath(dirname(resolve(file))).catch(() => dirname(resolve(file)));
  const named = join(directory, basename(resolve(file)));
  const target = await realpath(named).catch(() => named);
  const way = relative(directory, target);
  if (way === '..' || way.startsWith(`..${sep}`)) {
    const leadsOut = `it is a link to ${target}, outside its directory; name that file if you mean it.`;
    throw repliqueError('NOT_WRITABLE', { path: file, problem: leadsOut });
  }
  return target;
}

async function problemOf(file: string): Promise<string | undefined> {
  if (file === '') return 'it has no name.';
  const there = await stat(file).catch(() => undefined);
  const link = await lstat(file).catch(() => undefined);
  if (!there) return link ? 'it is a link to nothing.' : undefined;
  if (there.isFile()) return undefined;
  return there.isDirectory() ? 'it is a directory.' : 'it is not a file.';
}

/** A draft is a new file: no link is followed that something else made there. */
async function whileWriting(
  file: string,
  mode: number,
  write: (fresh: FileHandle) => Promise<void>,
): Promise<void> {
  const fresh = draftOf(file);
  try {
    await removeStale(file);
    await rm(fresh, { force: true });
    const handle = await open(fresh, 'wx', mode);
    try {
      await write(handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined); // there may be no such place
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = reasons[code ?? ''] ?? message;
    throw repliqueError('NOT_WRITABLE', { path: file, problem }, { cause: error });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its directory does not exist.',
  ENOTDIR: 'its directory is a file.',
  EACCES: 'it is not permitted.',
  EROFS: 'the file system is read-only.',
  ENOSPC: 'the disk is full.',
};
