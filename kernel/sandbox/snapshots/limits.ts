import { z } from 'zod';
import type { ReplyMessage } from '../messages.ts';

const mostNames = 5;
const longestName = 60;

/** What was found in the session that a copy of it does not have, or has only in part; with a few names of it. */
const findings = z
  .array(
    z.object({
      what: z.enum([
        'threads',
        'native threads',
        'children',
        'pool',
        'sockets',
        'shared memory',
        'database',
        'gpu',
        'unseen',
      ]),
      count: z.int().min(1).max(1_000_000),
      names: z.array(z.string().max(1000)).max(mostNames),
    }),
  )
  .max(20);

type Finding = z.infer<typeof findings>[number];

const unseen =
  'What of this state can be kept could not be seen, so going back to it may not bring it all back.';

/** The findings in a worker's reply, which is hostile, as sentences; where they can't be read, a sentence that says so. */
export function limitsIn(reply: ReplyMessage): readonly string[] {
  const parsed = findings.safeParse(reply['cannot'] ?? []);
  return parsed.success ? parsed.data.map(sentence) : [unseen];
}

function sentence({ what, count, names }: Finding): string {
  const some = count === 1;
  const list = listed(names);
  switch (what) {
    case 'threads':
      return `${some ? 'A thread' : `${count} threads`} that ran${list} can't be kept: going back brings the memory without ${some ? 'it' : 'them'}.`;
    case 'native threads':
      return `${some ? 'A thread' : `${count} threads`} of a library${list} can't be kept: what computes with ${some ? 'it' : 'them'} may stand still after going back.`;
    case 'children':
      return `${some ? 'A child process' : `${count} child processes`}${list} can't be kept: ${some ? 'it is' : 'they are'} ended by going back.`;
    case 'pool':
      return `${some ? 'A worker process' : `${count} worker processes`} of multiprocessing${list} can't be kept: the pool has to be made anew after going back.`;
    case 'sockets':
      return `${some ? 'An open network connection' : `${count} open network connections`}${list} can't be kept: the other side does not go back.`;
    case 'shared memory':
      return `Memory that is shared with a file or other processes${list} does not go back with the rest.`;
    case 'database':
      return `A transaction of SQLite that is open, or a connection in WAL mode${list}, can't be kept: close the connection, and open it again.`;
    case 'gpu':
      return `What is on a graphics processor${list} can't be kept.`;
    case 'unseen':
      return unseen;
  }
}

/** Names are code's: printable, short, and marked as such. */
function listed(names: readonly string[]): string {
  if (names.length === 0) return '';
  const shown = names.map((name) =>
    JSON.stringify(name.replaceAll(/[^\x20-\x7e\u00a0-\uffff]/gu, '?').slice(0, longestName)),
  );
  return ` (${shown.join(', ')})`;
}
