import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { stillRuns } from '../../../../kernel/processes.ts';
import { endTree } from '../process-tree.ts';
import { readConnectionFile, removeConnectionFile } from '../connection.ts';
import { isHeld, take } from './claims.ts';
import { Listening } from './listening.ts';
import type { KernelRecord } from './records.ts';
import { KeepStore } from './store.ts';

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
}

const lookMs = 20;

/**
 * Sees to the kernels of a server that has ended: keeps what they say for the next one, and ends them where none comes in
 * time, or none is to.
 */
export async function watchKernels(options: WatchOptions): Promise<void> {
  const { directory, generation, seconds, stop } = options;
  const store = new KeepStore(directory, generation);
  if (store.isOver) return;
  const kernels = store.kernels().filter((each) => stillRuns(each.process));
  if (seconds > 0) await listen(store, kernels, options);
  if (stop.aborted || !existsSync(directory) || take(directory, generation) === undefined) return;
  await Promise.all(store.kernels().map((each) => end(each)));
  store.remove();
}

/** How long the next server may take to listen itself, once it is there, until it says so. */
const takeOverMs = 20_000;

/** Settles when the time is over, or the next server listens. */
async function listen(
  store: KeepStore,
  kernels: readonly KernelRecord[],
  options: WatchOptions,
): Promise<void> {
  const { directory, generation, seconds, mostBytes, stop } = options;
  let until = performance.now() + seconds * 1000;
  const all = kernels.flatMap((each) => listeningTo(each, store, mostBytes) ?? []);
  const goesOn = (): boolean => !stop.aborted && performance.now() < until;
  const isTaken = (): boolean => store.isOver;
  try {
    await Promise.all(all.map((each) => each.heard()));
    store.saveWatch();
    if (isTaken()) return; // the next server has not seen that somebody listens
    while (isHeld(directory, generation) && goesOn()) await sleep(lookMs);
    for (const each of all) each.takeAnswers();
    // Also without kernels: there may be pages, whose token the next server is to know.
    while (goesOn() && !isTaken()) await sleep(lookMs);
    until = performance.now() + takeOverMs;
    while (goesOn() && isTaken() && existsSync(directory)) await sleep(lookMs);
  } finally {
    await Promise.all(all.map((each) => each.close()));
  }
}

function listeningTo(record: KernelRecord, store: KeepStore, mostBytes: number): Listening | undefined {
  try {
    const { info } = readConnectionFile(record.connectionFile);
    return new Listening(info, record.identities, store.messagesFile(record.id), mostBytes);
  } catch {
    return undefined; // it can't be reached: the next server finds that, too
  }
}

async function end({ id, process, connectionFile }: KernelRecord): Promise<void> {
  await endTree(stillRuns(process) ? process.pid : undefined, id);
  await removeConnectionFile({ path: connectionFile });
}
