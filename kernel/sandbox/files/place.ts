import type { FileHandle } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import { Directory } from './directory.ts';
import { visibleName } from './words.ts';

/** What lies at a path of the workspace; whoever asked closes it. */
export type Place =
  | { readonly kind: 'file'; readonly handle: FileHandle; readonly name: string }
  | { readonly kind: 'folder'; readonly folder: Directory }
  | { readonly kind: 'missing' }
  /** A sentence that begins with what is named. */
  | { readonly kind: 'refused'; readonly why: string };

const mostSteps = 64;

/**
 * Opens what a path names below the workspace, one name at a time and through no link.
 * @param path relative to the workspace, or below it
 */
export async function openPlace(workspace: string, path: string): Promise<Place> {
  const names = namesOf(workspace, path);
  if (names === undefined) return { kind: 'refused', why: 'lies outside of the workspace' };
  if (names.length > mostSteps || names.some((name) => name.includes('\0'))) return { kind: 'missing' };
  let folder = await Directory.open(workspace).catch(() => undefined);
  for (const [at, name] of names.entries()) {
    if (folder === undefined) return { kind: 'missing' };
    const parent: Directory = folder;
    folder = undefined;
    try {
      folder = await parent.directory(name);
      if (folder === undefined) return await endOfPath(parent, name, at === names.length - 1, path);
    } finally {
      await parent.close();
    }
  }
  return folder === undefined ? { kind: 'missing' } : { kind: 'folder', folder };
}

/** The names along a path; `undefined` where it leads out. */
function namesOf(workspace: string, path: string): readonly string[] | undefined {
  const inside = isAbsolute(path) ? relative(workspace, path) : path;
  const names = inside.split('/').filter((name) => name !== '' && name !== '.');
  return names.includes('..') || names[0] === '~' ? undefined : names;
}

/** What is no folder that can be opened. */
async function endOfPath(parent: Directory, name: string, isLast: boolean, path: string): Promise<Place> {
  const handle = isLast && !path.endsWith('/') ? await parent.file(name) : undefined;
  if (handle !== undefined) return { kind: 'file', handle, name };
  const status = await parent.status(name);
  if (status === undefined) return { kind: 'missing' };
  const whole = visibleName(parent.path === '' ? name : `${parent.path}/${name}`);
  if (status.isSymbolicLink()) {
    return { kind: 'refused', why: `is reached by the link ${whole}, and links are not followed` };
  }
  if (status.isFIFO()) return { kind: 'refused', why: 'is a pipe, which has nothing to read in it' };
  if (status.isSocket()) return { kind: 'refused', why: 'is a socket, not a file' };
  if (status.isCharacterDevice() || status.isBlockDevice()) {
    return { kind: 'refused', why: 'is a device, not a file' };
  }
  if (status.isFile() && (!isLast || path.endsWith('/'))) {
    return { kind: 'refused', why: `is no folder: ${whole} is a file` };
  }
  return { kind: 'refused', why: 'can’t be read: its permissions don’t allow it' };
}
