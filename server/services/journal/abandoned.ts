import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../http/log.ts';
import { isAlive } from '../../../kernel/processes.ts';
import { readRecords } from './journal-file.ts';
import type { Head, JournalRecord } from './records.ts';

/** What nobody has wanted for so long goes. */
const longestMs = 7 * 86_400_000;

interface Abandoned {
  readonly file: string;
  readonly head: Head;
  readonly records: readonly JournalRecord[];
}

/** Journals about the notebooks below a root whose servers do not run any more. Old ones are removed, whatever they are about. */
export async function abandoned(
  directory: string,
  root: string,
  now: number,
  log: Log,
): Promise<readonly Abandoned[]> {
  const names = await readdir(directory).catch(() => []);
  const found: Abandoned[] = [];
  for (const name of names) {
    const file = join(directory, name);
    try {
      const { mtimeMs } = await stat(file);
      const records = name.endsWith('.jsonl') ? readRecords(file) : [];
      const [head] = records;
      const isRead = head?.kind === 'head';
      if (isRead && isAlive(head.pid) && head.pid !== process.pid) continue;
      if (now - mtimeMs > longestMs) await rm(file);
      else if (isRead && head.root === root) found.push({ file, head, records });
    } catch (error) {
      log.warn({ err: error, file }, 'journal can’t be read');
    }
  }
  return found;
}
