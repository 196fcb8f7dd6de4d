import { setTimeout as sleep } from 'node:timers/promises';
import { stillRuns } from '../../../../kernel/processes.ts';
import { endTree } from '../process-tree.ts';
import { keptConnection, removeConnectionFile } from '../connection.ts';
import type { Received } from '../sockets.ts';
import { isHeld, latest, take } from './claims.ts';
import { Listening } from './listening.ts';
import { missedBy } from './messages.ts';
import type { KernelRecord } from './records.ts';
import { KeepStore } from './store.ts';
import { takeFromWatcher } from './watcher.ts';

export interface WatchOptions {
  /** Of the server whose kernels these are, and which number it had there. */
  readonly directory: string;
  readonly generation: number;
  /** How long the kernels may go on without a server. */
  readonly seconds: number;
  /** Of messages that are kept for a kernel. */
  readonly mostBytes: number;
  /** Aborted: the next server listens itself. */
  readonly stop: AbortSignal;
  /** Takes what a kernel that was ended has said and no server has had. */
  readonly onEnded?: (kernel: string, said: Iterable<Received>) => Promise<void>;
}

const lookMs = 20;

/**
 * Sees to the kernels of a server that has ended: keeps what they say for the next one, and ends them where none comes in
 * time, or none is to. As long as that server runs it only listens.
 * @throws RepliqueError SERVER_REFUSED where the directory is none of a server
 */
export async function watchKernels(options: WatchOptions): Promise<void> {
  const { directory, seconds, stop, onEnded } = options;
  const first = KeepStore.open(directory, options.generation);
  if (first === undefined) return;
  let last = first.isOver ? await nextGone(first, stop) : first.generation;
  for (let said: Listened = 'again'; said === 'again' && last !== undefined;) {
    const store = new KeepStore(directory, last);
    said = seconds > 0 ? await listen(store, options) : await untilLeft(store, stop);
    last = said === 'again' ? await nextGone(store, stop) : said;
  }
  if (last === undefined || take(directory, last) === undefined) return;
  for (const id of first.damaged()) await endTree(undefined, id);
  await Promise.all(
    first.kernels().map(async (each) => {
      await end(each);
      await onEnded?.(each.id, missedBy(each, first.messagesFile(each.id)));
    }),
  );
  first.remove();
}

/**
 * The number of who had the directory last, when the time is over; `again` where another one came before it was listened;
 * `undefined` where somebody else sees to the kernels.
 */
type Listened = number | 'again' | undefined;

async function listen(store: KeepStore, { seconds, mostBytes, stop }: WatchOptions): Promise<Listened> {
  await takeFromWatcher(store); // of a server that was gone before it could listen itself
  const kernels = store.kernels().filter((each) => stillRuns(each.process));
  const all = kernels.flatMap((each) => listeningTo(each, store, mostBytes) ?? []);
  try {
    await Promise.all(all.map((each) => each.heard()));
    store.saveWatch();
    if (store.isOver) return 'again'; // the next server may not have seen that somebody listens
    while (!stop.aborted && !store.isLetGo && isHeld(store.directory, store.generation)) await sleep(lookMs);
    for (const each of all) each.takeAnswers(); // at once: a kernel drops what it has for nobody
    await untilLeft(store, stop);
    // Also without kernels: there may be pages, whose token the next server is to know.
    const until = performance.now() + seconds * 1000;
    for (let last: number | undefined = store.generation; last !== undefined;) {
      while (goesOn(store, stop) && performance.now() < until && latest(store.directory) === last) {
        await sleep(lookMs);
      }
      if (!goesOn(store, stop)) return undefined;
      if (latest(store.directory) === last) return last;
      last = await nextGone(store, stop);
    }
    return undefined;
  } finally {
    await Promise.all(all.map((each) => each.close()));
    if (stop.aborted) store.forgetWatch(); // who takes the kernels need not wait for the end of this process
  }
}

/** How long the next server may take to listen itself, once it is there, until it says so. */
const takeOverMs = 20_000;

/**
 * Waits for what becomes of a server that has the directory now. One that is gone before it has listened counts as if it had not
 * come: then its number is told.
 */
async function nextGone(store: KeepStore, stop: AbortSignal): Promise<number | undefined> {
  const patience = performance.now() + takeOverMs;
  while (goesOn(store, stop) && isHeld(store.directory) && performance.now() < patience) await sleep(lookMs);
  if (!goesOn(store, stop) || isHeld(store.directory)) return undefined;
  const watcher = store.watch();
  const isWatched = watcher !== undefined && watcher.pid !== process.pid && stillRuns(watcher);
  return isWatched ? undefined : latest(store.directory);
}

const goesOn = ({ isThere }: KeepStore, stop: AbortSignal): boolean => !stop.aborted && isThere;

/** Settles when the server has ended, with its number; with `undefined` when somebody else sees to its kernels. */
async function untilLeft(
  { directory, generation }: KeepStore,
  stop: AbortSignal,
): Promise<number | undefined> {
  while (!stop.aborted && isHeld(directory, generation)) await sleep(lookMs);
  return stop.aborted ? undefined : generation;
}

function listeningTo(record: KernelRecord, store: KeepStore, mostBytes: number): Listening | undefined {
  const { id, identities } = record;
  // The next server has the question itself from the messages; here is written down over which identity it came.
  const onQuestion = ({ header, parent, identity }: Received): void => {
    const [request, session] = [String(parent['msg_id']), String(parent['session'])];
    store.saveQuestion(id, { header, request, session, identity });
  };
  try {
    const { info } = keptConnection(record);
    return new Listening(info, { identities, file: store.messagesFile(id), mostBytes, onQuestion });
  } catch {
    return undefined; // it can't be reached: the next server finds that, too
  }
}

async function end({ id, process, connectionFile }: KernelRecord): Promise<void> {
  await endTree(stillRuns(process) ? process.pid : undefined, id);
  await removeConnectionFile({ path: connectionFile });
}
