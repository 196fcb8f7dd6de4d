import { closeSync, fstatSync, readlinkSync, readSync } from 'node:fs';
import type { Folder } from './folder.ts';
import {
  directoryKnown,
  isFresh,
  kindOf,
  markOf,
  nowNs,
  permissionsOf,
  sameMark,
  unread,
  type Known,
  type Mark,
} from './known.ts';
import type { InUse, ObjectStore } from './store.ts';

/** Larger files are not kept. */
export const mostFileBytes = 64 * 2 ** 20;
/** Larger ones are read piece by piece. */
const leastStreamed = 2 ** 20;
const attempts = 3;

/**
 * Looks at an entry and keeps what is in it. A file that changes meanwhile is read again, a few times.
 * @returns undefined where there is none, or a pipe, a socket or a device
 */
export async function readEntry(
  folder: Folder,
  name: string,
  store: ObjectStore,
  inUse: InUse,
): Promise<Known | undefined> {
  let last: { readonly mark: Mark; readonly kind: 'file' | 'link' } | undefined;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const now = nowNs();
    const status = folder.status(name);
    const kind = status && kindOf(status);
    if (status === undefined || kind === undefined) return undefined;
    const mark = markOf(status);
    if (kind === 'directory') return directoryKnown(mark);
    last = { mark, kind };
    if (kind === 'file' && mark.size > mostFileBytes) return unread(mark, kind, 'large');
    const hash = await (kind === 'link' ? keepLink : keepFile)(folder, name, mark, store, inUse);
    if (hash === 'full' || hash === 'unreadable') return unread(mark, kind, hash);
    if (hash === undefined) continue;
    const entry = { hash, kind, mode: permissionsOf(mark.mode), size: Number(mark.size), kept: true };
    return { mark, entry, isFresh: isFresh(mark, now) };
  }
  return last && unread(last.mark, last.kind, 'unsteady');
}

type Kept = Promise<string | undefined>;

/** @returns the hash, why it has none, or undefined where the link has changed */
async function keepLink(folder: Folder, name: string, mark: Mark, store: ObjectStore, inUse: InUse): Kept {
  try {
    const target = readlinkSync(folder.at(name), { encoding: 'buffer' });
    const after = folder.status(name);
    if (after === undefined || !sameMark(mark, after)) return undefined;
    return (await store.keep(target, inUse)) ?? 'full';
  } catch {
    return undefined;
  }
}

async function keepFile(folder: Folder, name: string, mark: Mark, store: ObjectStore, inUse: InUse): Kept {
  let descriptor: number;
  try {
    descriptor = folder.file(name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EACCES' || code === 'EPERM' ? 'unreadable' : undefined;
  }
  try {
    const isSame = (): boolean => sameMark(fstatSync(descriptor, { bigint: true }), mark);
    if (!isSame()) return undefined;
    const size = Number(mark.size);
    if (size > leastStreamed) {
      const hash = await store.keepFile(descriptor, size, inUse);
      return isSame() ? (hash ?? 'full') : undefined;
    }
    const content = readAll(descriptor, size);
    return content !== undefined && isSame() ? ((await store.keep(content, inUse)) ?? 'full') : undefined;
  } catch {
    return 'unreadable';
  } finally {
    closeSync(descriptor);
  }
}

/** Exactly so many bytes; undefined where there are fewer. */
function readAll(descriptor: number, size: number): Buffer | undefined {
  const buffer = Buffer.allocUnsafe(size);
  for (let at = 0; at < size;) {
    const length = readSync(descriptor, buffer, at, size - at, at);
    if (length === 0) return undefined;
    at += length;
  }
  return buffer;
}
