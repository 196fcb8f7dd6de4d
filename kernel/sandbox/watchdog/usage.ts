import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** What the processes of one sandbox use together. */
export interface Usage {
  readonly processes: readonly SeenProcess[];
  /** Seconds on a processor, those of processes that have ended and were waited for included. */
  readonly cpuSeconds: number;
}

export interface SeenProcess {
  readonly pid: number;
  /** Tells it from a later process of the same number. */
  readonly startedAt: string;
  /** Seconds on a processor, without those of its children. */
  readonly ownSeconds: number;
  /** How often it has touched memory that it did not have yet. */
  readonly faults: number;
  /** Pages that it shares with others included. */
  readonly residentBytes: number;
}

/** sysconf(_SC_CLK_TCK) and _SC_PAGESIZE, as nearly every Linux has them; with larger pages memory is read as too little. */
const ticksPerSecond = 100;
const pageBytes = 4096;

/**
 * What everything below a process uses, itself included, after proc(5). Orphans inside a sandbox come to its PID 1, so
 * nothing is missed for long. What ends meanwhile is left out.
 */
export function usageBelow(root: number): Usage {
  const processes: SeenProcess[] = [];
  let ticks = 0;
  for (const pid of treeOf(root)) {
    const stat = read(pid, 'stat');
    if (stat === '') continue;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [minor = 0, , major = 0] = fields.slice(7, 10).map(Number);
    const [user = 0, system = 0, ofChildren = 0, systemOfChildren = 0] = fields.slice(11, 15).map(Number);
    ticks += user + system + ofChildren + systemOfChildren;
    processes.push({
      pid,
      startedAt: fields[19] ?? '',
      ownSeconds: (user + system) / ticksPerSecond,
      faults: minor + major,
      residentBytes: Number(read(pid, 'statm').split(' ')[1] ?? 0) * pageBytes,
    });
  }
  return { processes, cpuSeconds: ticks / ticksPerSecond };
}

/** An upper bound of the memory of processes: pages that they share are counted in each. */
export function residentBytes(processes: readonly SeenProcess[]): number {
  return processes.reduce((sum, seen) => sum + seen.residentBytes, 0);
}

/** Memory of processes, pages that are shared divided among those who share them; resident where that can't be read. */
export function proportionalBytes(processes: readonly SeenProcess[]): number {
  return processes.reduce((sum, seen) => sum + proportionalIn(read(seen.pid, rollup), seen), 0);
}

/**
 * The same for each, by identity, without that this process stands still: it takes the system milliseconds for each large
 * one. What ends meanwhile is left out.
 */
export async function countProportionalBytes(
  processes: readonly SeenProcess[],
): Promise<ReadonlyMap<string, number>> {
  const counted = new Map<string, number>();
  for (const seen of processes) {
    const text = await readFile(`/proc/${seen.pid}/${rollup}`, 'latin1').catch(() => '');
    if (text === '' && !existsSync(`/proc/${seen.pid}`)) continue;
    counted.set(identityOf(seen), proportionalIn(text, seen));
  }
  return counted;
}

const rollup = 'smaps_rollup';

function proportionalIn(text: string, { residentBytes }: SeenProcess): number {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? residentBytes : Number(kilobytes) * 1024;
}

/** As it stands for one process, and no later one of its number. */
export const identityOf = ({ pid, startedAt }: SeenProcess): string => `${pid} ${startedAt}`;

/** A process's number in its innermost namespace. */
export function insidePid(pid: number): number {
  return Number(/^NSpid:.*\t(\d+)$/m.exec(read(pid, 'status'))?.[1] ?? pid);
}

function treeOf(root: number): readonly number[] {
  const found = [root];
  for (const pid of found) found.push(...childrenOf(pid));
  return found;
}

/** The processes that a process has started and not yet waited for. */
export function childrenOf(pid: number): readonly number[] {
  return tasksOf(pid)
    .flatMap((task) => read(pid, `task/${task}/children`).split(' '))
    .filter((child) => child !== '')
    .map(Number);
}

function tasksOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}
