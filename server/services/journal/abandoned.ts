import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../http/log.ts';
import { stillRuns } from '../../../kernel/processes.ts';
import { readRecords } from './journal-file.ts';
import type { Head, JournalRecord } from './records.ts';

/** What nobody has wanted for so long goes. */
const longestMs = 7 * 86_400_000;

export interface Abandoned {
  readonly file: string;
  readonly head: Head;
  readonly records: readonly JournalRecord[];
}

interface Place {
  /** Where journals are. */
  readonly directory: string;
  /** The directory that is served. */
  readonly root: string;
  readonly log: Log;
}

/** Whether the server that writes it still runs; of one of an earlier version only its number is known. */
const isWriting = ({ pid, started }: Head): boolean => stillRuns({ pid, started });

/** How the name of a kernel's journal begins. */
export const prefixOf = (kernel: string): string => `${kernel}-`;

/**
 * The newest journal that a server before has left of a kernel.
 * @param place with a root: only one that is about notebooks below that
 */
export async function leftOf(
  kernel: string,
  { directory, root, log }: Omit<Place, 'root'> & Partial<Pick<Place, 'root'>>,
): Promise<Abandoned | undefined> {
  const names = await readdir(directory).catch(() => []);
  const found: (Abandoned & { readonly mtimeMs: number })[] = [];
  for (const name of names) {
    if (!name.startsWith(prefixOf(kernel)) || !name.endsWith('.jsonl')) continue;
    const file = join(directory, name);
    try {
      const { mtimeMs } = await stat(file);
      const records = readRecords(file);
      const [head] = records;
      const isOf = head?.kind === 'head' && head.kernel === kernel && (root ?? head.root) === head.root;
      if (isOf) found.push({ file, head, records, mtimeMs });
    } catch (error) {
      log.warn({ err: error, file }, 'journal can’t be read');
    }
  }
  return found.sort((one, other) => other.mtimeMs - one.mtimeMs)[0];
}

/**
 * Journals about the notebooks below a root whose servers do not run any more. Old ones are removed, whatever they are about.
 * @param isInUse of a file that is left alone
 */
export async function abandoned(
  { directory, root, log }: Place,
  now: number,
  isInUse: (file: string) => boolean,
): Promise<readonly Abandoned[]> {
  const names = await readdir(directory).catch(() => []);
  const found: Abandoned[] = [];
  for (const name of names) {
    const file = join(directory, name);
    if (isInUse(file)) continue;
    try {
      const { mtimeMs } = await stat(file);
      const records = name.endsWith('.jsonl') ? readRecords(file) : [];
      const [head] = records;
      const isRead = head?.kind === 'head';
      if (isRead && head.pid !== process.pid && isWriting(head)) continue;
      if (now - mtimeMs > longestMs) await rm(file);
      else if (isRead && head.root === root) found.push({ file, head, records });
    } catch (error) {
      log.warn({ err: error, file }, 'journal can’t be read');
    }
  }
  return found;
}
