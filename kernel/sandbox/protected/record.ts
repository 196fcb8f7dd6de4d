import { readlink } from 'node:fs/promises';
import { sep } from 'node:path';
import type { BigIntStats } from 'node:fs';
import { Directory, walk, type Found } from '../files/directory.ts';
import { isEntered, isProtectedDirectory, isProtectedFile } from './names.ts';

/** As deep below the workspace, and as many of its entries, as are looked at. */
const bounds = { depth: 8, entries: 20_000 };
/** Larger files are not kept, nor is more than this in all: a change of them is told, but can't be undone. */
const mostFileBytes = 8 * 2 ** 20;
const mostBytes = 64 * 2 ** 20;

/** A protected entry of the workspace as it was seen. */
export interface Entry {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  /** Another one after any change, even one that was taken back: the time of the last change can't be set. */
  readonly mark: string;
  readonly status: BigIntStats;
  /** What a file holds, or where a link leads; absent where it is not kept. */
  readonly content?: Buffer;
}

export type Entries = ReadonlyMap<string, Entry>;

/**
 * What is protected in a workspace, with its contents.
 * @param before an earlier record: what has not changed since is taken from it
 * @param isOwn tells of a path that is left to others
 */
export async function record(
  workspace: string,
  isOwn: (path: string) => boolean,
  before: Entries = new Map(),
): Promise<Entries> {
  const found = new Map<string, Entry>();
  const root = await Directory.open(workspace).catch(() => undefined);
  if (root === undefined) return found;
  const budget = { bytes: mostBytes };
  try {
    for await (const each of walk(root, { ...bounds, enters })) {
      if (!isProtected(each) || isOwn(each.path)) continue;
      const entry = await look(each, before, budget);
      if (entry !== undefined) found.set(each.path, entry);
    }
  } finally {
    await root.close();
  }
  return found;
}

const isWithinProtected = (path: string): boolean => path.split(sep).some(isProtectedDirectory);

function isProtected({ parent, entry }: Found): boolean {
  if (isWithinProtected(parent.path)) return true;
  return entry.isDirectory() ? isProtectedDirectory(entry.name) : isProtectedFile(entry.name);
}

const enters = ({ parent, entry }: Found): boolean =>
  !isWithinProtected(parent.path) || isEntered(entry.name);

async function look(
  { parent, entry, path }: Found,
  before: Entries,
  budget: { bytes: number },
): Promise<Entry | undefined> {
  const status = await parent.status(entry.name);
  if (status === undefined) return undefined;
  const kind = kindOf(status);
  // A directory's own time changes with what is in it, which is looked at anyway.
  const mark = kind === 'directory' ? `${status.ino}:${status.mode}` : markOf(status);
  const known = before.get(path);
  if (known?.mark === mark) {
    budget.bytes -= known.content?.length ?? 0;
    return known;
  }
  const content = await contentOf(parent, entry.name, kind, budget);
  return { path, kind, mark, status, ...(content && { content }) };
}

const markOf = ({ ino, ctimeNs, size, mode }: BigIntStats): string => `${ino}:${ctimeNs}:${size}:${mode}`;

function kindOf(status: BigIntStats): Entry['kind'] {
  if (status.isFile()) return 'file';
  if (status.isDirectory()) return 'directory';
  return status.isSymbolicLink() ? 'link' : 'other';
}

async function contentOf(
  parent: Directory,
  name: string,
  kind: Entry['kind'],
  budget: { bytes: number },
): Promise<Buffer | undefined> {
  if (kind === 'link') return readlink(parent.at(name), 'buffer').catch(() => undefined);
  if (kind !== 'file') return undefined;
  const file = await parent.file(name);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    if (size > mostFileBytes || size > budget.bytes) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, 0);
    budget.bytes -= bytesRead;
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
