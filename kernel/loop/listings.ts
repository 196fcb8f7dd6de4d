import { bound, escapeTags } from './escape.ts';

const maxListing = 2000;

/** What there is to work with, one file or name a line. Absent: not looked at. */
export interface Listings {
  readonly files?: string | undefined;
  readonly memory?: string | undefined;
}

/** What was said of files and memory, and still holds. */
export interface Said {
  /** Absent: to be said again. */
  readonly files?: string | undefined;
  /** Lines. */
  readonly memory: readonly string[];
}

export const nothingSaid: Said = { memory: [] };

/** What is to be said now, and what has been said then: only what changed is said again. */
export function saying(
  { files, memory }: Listings,
  said: Said,
): { readonly notes: readonly string[]; readonly said: Said } {
  const notes: string[] = [];
  let now = said;
  if (files !== undefined) {
    const listing = escapeTags(bound(files.trim(), maxListing));
    if (listing !== said.files)
      notes.push(listing === '' ? 'The workspace is empty.' : `Files in the workspace:\n${listing}`);
    now = { ...now, files: listing };
  }
  if (memory !== undefined) {
    const lines = escapeTags(bound(memory.trim(), maxListing))
      .split('\n')
      .filter((line) => line !== '');
    const fresh = lines.filter((line) => !said.memory.includes(line));
    if (fresh.length > 0) notes.push(`Python’s memory has:\n${fresh.join('\n')}`);
    now = { ...now, memory: lines };
  }
  return { notes, said: now };
}
