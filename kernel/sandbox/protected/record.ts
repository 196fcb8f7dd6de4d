import { readlink } from 'node:fs/promises';
import { basename, sep } from 'node:path';
import type { BigIntStats } from 'node:fs';
import { Directory, walk, type Found } from '../files/directory.ts';
import { isEntered, isProtectedDirectory, isProtectedFile } from './names.ts';

/** As deep below the workspace, and as many of its entries, as are looked at. */
const bounds = { depth: 64, entries: 1_000_000 };
/**
 * Of directories that are not protected and that nobody has changed in this session, all of the workspace's own are
 * looked into, and as many of those below; of `node_modules` none, which hold too many.
 */
const mostOldDirectories = 400;
const bulky = 'node_modules';
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

/** What was seen of a workspace. */
export interface Seen {
  readonly entries: ReadonlyMap<string, Entry>;
  /** Directories that were there and were not looked into: one too many, or not to be opened. */
  readonly skipped: ReadonlySet<string>;
}

export interface RecordOptions {
  readonly workspace: string;
  /** Tells of a path that is left to others. */
  readonly isOwn: (path: string) => boolean;
  /** When the session began, in nanoseconds. What was changed since is looked into whatever the bounds say. */
  readonly since: bigint;
  /** Of files that an earlier record does not know, as many are read; absent: all. */
  readonly mostNew?: number;
}

/**
 * What is protected in a workspace, with its contents.
 * @param before an earlier record: what has not changed since is taken from it
 */
export async function record(options: RecordOptions, before?: Seen): Promise<Seen> {
  const { workspace, isOwn, since, mostNew = Infinity } = options;
  const seen = { entries: new Map<string, Entry>(), skipped: new Set<string>() };
  const root = await Directory.open(workspace).catch(() => undefined);
  if (root === undefined) {
    seen.skipped.add('');
    return seen;
  }
  const budget: Budget = { bytes: mostBytes, newFiles: mostNew };
  let old = 0;
  const keep = async (each: Found): Promise<void> => {
    const entry = await look(each, before?.entries, budget);
    if (entry !== undefined) seen.entries.set(each.path, entry);
  };
  const enters = async (each: Found): Promise<boolean> => {
    const { parent, entry, path } = each;
    if (isWithinProtected(parent.path) && !isEntered(entry.name, basename(parent.path))) return false;
    const status = await parent.status(entry.name);
    if (status === undefined) return false;
    if (status.ctimeNs >= since) {
      await open(each, status);
      return true;
    }
    const isWanted = (): boolean =>
      isWithinProtected(path) ||
      (entry.name !== bulky && (parent.path === '' || (old += 1) <= mostOldDirectories));
    if (isWanted() && isOpen(status)) return true;
    seen.skipped.add(path);
    return false;
  };
  // What lies deeper than is looked is taken as a whole.
  const onUnseen = async (each: Found): Promise<void> => {
    seen.skipped.add(each.path);
    await keep(each);
  };
  try {
    for await (const each of walk(root, { ...bounds, enters, onUnseen })) {
      if (isProtected(each) && !isOwn(each.path)) await keep(each);
    }
  } catch {
    seen.skipped.add('');
  } finally {
    await root.close();
  }
  return seen;
}

/** What may still be read. */
interface Budget {
  bytes: number;
  newFiles: number;
}

const ownerRights = 0o700;

/** Whether its owner may look into a directory; root may look into any. */
const isOpen = ({ mode }: BigIntStats): boolean =>
  process.getuid?.() === 0 || (Number(mode) & ownerRights) === ownerRights;

/** A directory that code has closed to its owner could hold anything. */
async function open({ parent, entry }: Found, status: BigIntStats): Promise<void> {
  if (isOpen(status)) return;
  await parent.setMode(entry.name, (Number(status.mode) & 0o777) | ownerRights).catch(() => undefined);
}

const isWithinProtected = (path: string): boolean => path.split(sep).some(isProtectedDirectory);

function isProtected({ parent, entry }: Found): boolean {
  if (isWithinProtected(parent.path)) return true;
  return entry.isDirectory() ? isProtectedDirectory(entry.name) : isProtectedFile(entry.name);
}

async function look(
  { parent, entry, path }: Found,
  before: Seen['entries'] | undefined,
  budget: Budget,
): Promise<Entry | undefined> {
  const status = await parent.status(entry.name);
  if (status === undefined) return undefined;
  const kind = kindOf(status);
  const mark = markOf(status);
  const known = before?.get(path);
  if (known?.mark === mark) {
    budget.bytes -= known.content?.length ?? 0;
    return known;
  }
  if (known === undefined && kind === 'file' && (budget.newFiles -= 1) < 0)
    return { path, kind, mark, status };
  const content = await contentOf(parent, entry.name, kind, budget).catch(() => undefined);
  return { path, kind, mark, status, ...(content && { content }) };
}

/** Of a directory without its time, which changes with what is in it; that is looked at anyway. */
export function markOf(status: BigIntStats): string {
  const { ino, ctimeNs, size, mode } = status;
  return status.isDirectory() ? `${ino}:${mode}` : `${ino}:${ctimeNs}:${size}:${mode}`;
}

function kindOf(status: BigIntStats): Entry['kind'] {
  if (status.isFile()) return 'file';
  if (status.isDirectory()) return 'directory';
  return status.isSymbolicLink() ? 'link' : 'other';
}

async function contentOf(
  parent: Directory,
  name: string,
  kind: Entry['kind'],
  budget: Budget,
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
