import { setTimeout as sleep } from 'node:timers/promises';
import { descendants } from '../support/sandboxes.ts';
import { playBatch, type Played } from './loop.ts';
import { planOf, type Fault, type Plan } from './plan.ts';

/** Loops of one kernel, and kernels at a time. */
const loopsPerKernel = 12;
const lanes = 5;
const patienceMs = 15_000;

export interface Report {
  readonly loops: readonly Played[];
  readonly faults: ReadonlyMap<Fault, number>;
  /** What is still there at the end: processes, sockets, timers. */
  readonly left: readonly string[];
}

/** Plays loops by their numbers, some kernels at a time. */
export async function play(
  seed: number,
  numbers: readonly number[],
  onProgress: (done: number) => void = () => undefined,
): Promise<Report> {
  const before = resources();
  const children = new Set(descendants(process.pid));
  const waiting = batchesOf(numbers.map((number) => planOf(seed, number)));
  const loops: Played[] = [];
  const faults = new Map<Fault, number>();
  const lane = async (): Promise<void> => {
    for (let plans = waiting.shift(); plans !== undefined; plans = waiting.shift()) {
      const batch = await playBatch(plans);
      loops.push(...batch.loops);
      for (const [fault, times] of batch.faults) faults.set(fault, (faults.get(fault) ?? 0) + times);
      onProgress(loops.length);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return { loops, faults, left: await leftOver(before, children) };
}

/** A loop that is lost leaves the fallback's breaker half way open: it is the last of its kernel. */
function batchesOf(plans: readonly Plan[]): Plan[][] {
  const batches: Plan[][] = [[]];
  for (const plan of plans) {
    batches.at(-1)?.push(plan);
    if (!plan.savable || batches.at(-1)?.length === loopsPerKernel) batches.push([]);
  }
  return batches.filter((batch) => batch.length > 0);
}

const held = ['TCPSocketWrap', 'TCPServerWrap', 'TCPConnectWrap', 'PipeWrap', 'ProcessWrap', 'Timeout'];

function resources(): ReadonlyMap<string, number> {
  const found = process.getActiveResourcesInfo();
  return new Map(held.map((kind) => [kind, found.filter((each) => each === kind).length]));
}

async function leftOver(
  before: ReadonlyMap<string, number>,
  children: ReadonlySet<number>,
): Promise<readonly string[]> {
  const look = (): readonly string[] => [
    ...[...resources()]
      .filter(([kind, count]) => count > (before.get(kind) ?? 0))
      .map(([kind, count]) => `${count - (before.get(kind) ?? 0)} ${kind}`),
    ...descendants(process.pid)
      .filter((pid) => !children.has(pid))
      .map((pid) => `process ${pid}`),
  ];
  const until = performance.now() + patienceMs;
  while (look().length > 0 && performance.now() < until) await sleep(100);
  return look();
}
