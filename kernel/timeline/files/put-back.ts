import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeDirectories } from '../../files.ts';
import { apply, look, type Applied } from './apply.ts';
import type { FileChange, FileEntry, LeftFile, UnfinishedFile } from './contract.ts';
import type { Folder } from './folder.ts';
import { sameEntry } from './known.ts';
import { Left, type Contents } from './put.ts';
import { differenceOf, reasonOf } from './reasons.ts';

/** Of a file that is set aside. */
const longestName = 100;

/** See `FileHistory.putBack`. @returns also what is known of the paths now */
export async function putBack(
  root: Folder,
  files: readonly UnfinishedFile[],
  contents: Contents,
  asideIn: string | undefined,
): Promise<Applied & { readonly aside: readonly string[] }> {
  const left: LeftFile[] = [];
  const aside: string[] = [];
  const delta: FileChange[] = [];
  for (const { path, was, ours } of files) {
    try {
      const present = (await look(root, path, contents))?.entry;
      if (sameEntry(present, was)) continue;
      if (present !== undefined && !isOurs(present, was, ours)) {
        const isKept =
          was !== undefined && asideIn !== undefined && (await keepAside(path, present, contents, asideIn));
        if (!isKept) throw new Left(differenceOf(present, was));
        aside.push(path);
      }
      delta.push({ path, before: present, after: was });
    } catch (error) {
      left.push({ path, reason: error instanceof Left ? error.message : reasonOf(error) });
    }
  }
  const applied = await apply(root, [], [delta], contents);
  return { known: applied.known, left: [...left, ...applied.left], aside };
}

const isOurs = (present: FileEntry, was: FileEntry | undefined, ours: readonly string[]): boolean =>
  ours.includes(present.hash) || (present.kind === was?.kind && present.hash === was.hash);

/** Whether what is there is kept in the directory now. */
async function keepAside(
  path: string,
  { kind, hash, kept }: FileEntry,
  { store }: Contents,
  directory: string,
): Promise<boolean> {
  if (kind !== 'file' || !kept) return false;
  makeDirectories(directory, 0o700);
  const name = `${randomBytes(4).toString('hex')}-${basename(path).slice(-longestName)}`;
  const descriptor = openSync(join(directory, name), 'wx+', 0o600);
  try {
    return await store.writeTo(hash, descriptor);
  } finally {
    closeSync(descriptor);
  }
}
