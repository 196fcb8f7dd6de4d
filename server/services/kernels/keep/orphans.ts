import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stillRuns, type ProcessMark } from '../../../../kernel/processes.ts';
import type { Received } from '../sockets.ts';
import { isHeld, latest } from './claims.ts';
import { missedBy } from './messages.ts';
import type { WatchdogRecord } from './records.ts';
import { KeepStore } from './store.ts';

/**
 * What other servers of this user have left, whatever their addresses. Of a server and its watchdog that were both killed, nobody
 * else would see to the kernels until a server of the same address comes.
 */

/** A directory with kernels that nobody sees to. */
export interface Orphaned {
  readonly store: KeepStore;
  readonly terms: Omit<WatchdogRecord, keyof ProcessMark>;
}

/** The directories beside one's own whose server and watchdog are gone, while there are kernels. */
export const orphanedBeside = (own: KeepStore): readonly Orphaned[] =>
  inEachBeside(own, (store) => {
    const watchdog = store.watchdog();
    if (watchdog === undefined || stillRuns(watchdog) || isHeld(store.directory, store.generation)) return [];
    const runs = store.damaged().length > 0 || store.kernels().some(({ process }) => stillRuns(process));
    return runs ? [{ store, terms: watchdog }] : [];
  });

/** Ids of kernels that are other servers', or those' that come after them, or that are being ended. */
export const kernelsBeside = (own: KeepStore): ReadonlySet<string> =>
  new Set(
    inEachBeside(own, (store) => {
      const isTaken = isHeld(store.directory, store.generation);
      const kernels = store.kernels().filter(({ process }) => isTaken || stillRuns(process));
      return kernels.map(({ id }) => id);
    }),
  );

/** Messages of a kernel that has ended. */
export interface LastMessages {
  readonly messages: Iterable<Received>;
  /** They are kept elsewhere. */
  readonly forget: () => void;
}

/** What was kept of a kernel that has ended, in a directory that nobody has; `undefined` where nothing is. */
export const lastMessagesBeside = (own: KeepStore, kernel: string): LastMessages | undefined =>
  inEachBeside(own, (store) => {
    const record = store.kernels().find(({ id }) => id === kernel);
    if (record === undefined || stillRuns(record.process)) return [];
    if (isHeld(store.directory, store.generation)) return [];
    const messages = missedBy(record, store.messagesFile(kernel));
    return [{ messages, forget: () => store.removeKernel(kernel) }];
  })[0];

/** Looks into each directory beside one's own; one that can't be read, or is removed just now, has nothing. */
function inEachBeside<T>(
  { directory: own }: KeepStore,
  look: (store: KeepStore) => readonly T[],
): readonly T[] {
  const top = dirname(own);
  return readdirSync(top).flatMap((name) => {
    const directory = join(top, name);
    if (directory === own) return [];
    try {
      return look(new KeepStore(directory, latest(directory)));
    } catch {
      return [];
    }
  });
}
