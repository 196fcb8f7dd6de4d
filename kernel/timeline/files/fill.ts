import { enter, split, type Folder } from './folder.ts';
import { sameMark, unread, type Known } from './known.ts';
import { Pause } from './pause.ts';
import { mostFileBytes, readEntry } from './read.ts';
import type { Unknown } from './scan.ts';
import type { InUse, ObjectStore } from './store.ts';

/** Files up to this size are read in the order of their folders, larger ones after them. */
const smallBytes = 64 * 1024;

export interface FillOptions {
  readonly store: ObjectStore;
  readonly inUse: InUse;
  readonly mostMs: number;
  /** So many bytes are read. */
  readonly mostBytes: number;
}

/**
 * Reads what is not known, small files first, as far as there is time and room.
 * @returns what became known; what is no longer there is missing
 */
export async function fill(
  root: Folder,
  unknown: readonly Unknown[],
  { store, inUse, mostMs, mostBytes }: FillOptions,
): Promise<Map<string, Known>> {
  const known = new Map<string, Known>();
  const began = performance.now();
  const pause = new Pause();
  const order = ({ mark }: Unknown): number => (mark.size <= smallBytes ? 0 : Number(mark.size));
  let bytes = 0;
  let isFull = false;
  let opened: { readonly path: string; readonly at: ReturnType<typeof enter> } | undefined;
  try {
    for (const { path, mark, kind, was } of unknown.toSorted((a, b) => order(a) - order(b))) {
      const [parent, name] = split(path);
      if (mark.size > mostFileBytes) {
        known.set(path, unread(mark, kind, 'large'));
        continue;
      }
      const isCounted = was?.entry.kept !== true;
      isFull ||= isCounted && bytes + Number(mark.size) > mostBytes;
      if (isFull || performance.now() - began > mostMs) {
        known.set(path, was ?? unread(mark, kind, isFull ? 'full' : 'later'));
        continue;
      }
      let found: Known | undefined;
      try {
        if (opened?.path !== parent) {
          opened?.at.close();
          opened = undefined;
          opened = { path: parent, at: enter(root, parent) };
        }
        found = await readEntry(opened.at.folder, name, store, inUse);
      } catch {
        found = unread(mark, kind, 'unreadable');
      }
      if (found === undefined) continue;
      isFull ||= found.unkept === 'full';
      if (found.unkept !== undefined && was !== undefined && sameMark(was.mark, found.mark)) found = was;
      known.set(path, found);
      if (isCounted && found.unkept === undefined) bytes += found.entry.size;
      if (pause.isDue) await pause.take();
    }
  } finally {
    opened?.at.close();
  }
  return known;
}
