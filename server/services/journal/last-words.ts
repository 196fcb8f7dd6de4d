import { markOf } from '../../../kernel/processes.ts';
import type { Log } from '../../http/log.ts';
import type { Received } from '../kernels/sockets.ts';
import { leftOf } from './abandoned.ts';
import { KernelJournal } from './kernel-journal.ts';

/**
 * Adds to the journal of a kernel that has ended what it said while it had no server, for the next one to put into the
 * notebook. Nothing is done where it has no journal: then nothing of it waited for a notebook.
 */
export async function addLastWords(
  kernel: string,
  said: Iterable<Received>,
  { directory, log }: { readonly directory: string; readonly log: Log },
): Promise<void> {
  const left = await leftOf(kernel, { directory, log });
  if (left === undefined) return;
  const { file, head, records } = left;
  const journal = new KernelJournal({
    ...{ file, head: { ...head, ...markOf(process.pid) }, log, now: Date.now },
    ...{ onRun: () => undefined, onRest: () => undefined },
  });
  journal.goOn(records);
  for (const message of said) journal.received(message);
  journal.ended();
  journal.lines.close();
}
