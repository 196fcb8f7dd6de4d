import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LimitHit } from '../contract.ts';
import { directoryOf, thisView, type CgroupView } from './hierarchy.ts';

/** What a group allows all processes in it together. */
export interface GroupBounds {
  readonly memoryBytes: number;
  readonly processes: number;
}

export interface Group extends GroupBounds {
  readonly directory: string;
}

/** The group of its own that a process is in, with the bounds that were read back; undefined where nothing bounds it. */
export function groupOf(pid: number, view: CgroupView = thisView): Group | undefined {
  const directory = directoryOf(view, pid);
  if (directory === undefined || directory === directoryOf(view, 'self')) return undefined;
  const memoryBytes = numberIn(directory, 'memory.max');
  const processes = numberIn(directory, 'pids.max');
  if (memoryBytes === undefined || processes === undefined) return undefined;
  return { directory, memoryBytes, processes };
}

/** What holds the limits of all processes together, in a line. */
export function describeHolder(group: Group | undefined): string {
  if (group === undefined) return 'watchdog: looks every 2 to 100 ms; no cgroup';
  const { memoryBytes, processes } = group;
  return `watchdog, and a cgroup with ${Math.round(memoryBytes / 2 ** 20)} MB and ${processes} processes`;
}

/** Tells, at each call, whether the system has killed in a group for its memory since the call before. */
export function memoryKills({ directory, memoryBytes }: Group): () => LimitHit | undefined {
  let seen = killsIn(directory) ?? 0;
  return () => {
    const now = killsIn(directory) ?? seen;
    const more = now > seen;
    seen = now;
    return more ? { limit: 'memory', used: memoryBytes, allowed: memoryBytes } : undefined;
  };
}

/** Without those in groups below it: a sandbox makes none. */
function killsIn(directory: string): number | undefined {
  const count = /^oom_kill (\d+)$/m.exec(read(join(directory, 'memory.events')))?.[1];
  return count === undefined ? undefined : Number(count);
}

/** `max`, which stands for no bound, is no number. */
function numberIn(directory: string, file: string): number | undefined {
  const text = read(join(directory, file)).trim();
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
