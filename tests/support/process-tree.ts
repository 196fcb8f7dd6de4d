import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { descendants } from './sandboxes.ts';

/** A process that stays the same one though its number may be given again: when it began, in clock ticks since boot. */
export interface KnownProcess {
  readonly pid: number;
  readonly began: string;
}

/** State and start of a process, after proc(5); undefined when there is none. The name may hold spaces and brackets. */
function statOf(pid: number): { readonly state: string; readonly began: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', began: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

/** A process and everything below it. */
export function treeOf(pid: number): readonly KnownProcess[] {
  return [pid, ...descendants(pid)].flatMap((each) => {
    const stat = statOf(each);
    return stat === undefined ? [] : [{ pid: each, began: stat.began }];
  });
}

/** Its command line, with a NUL behind each part; empty if there is none. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Those that still run; a process that has ended and is not yet waited for does not. */
export function stillRunning(processes: readonly KnownProcess[]): readonly number[] {
  return processes
    .filter(({ pid, began }) => {
      const stat = statOf(pid);
      return stat !== undefined && stat.began === began && stat.state !== 'Z';
    })
    .map(({ pid }) => pid);
}

/**
 * For how long, in milliseconds, a process's threads have been ready to run and waited for a processor, after
 * Documentation/scheduler/sched-stats.rst of Linux; 0 where that is not told.
 */
export function waitedMs(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const waits = threads.map((each) => readFileSync(`/proc/${pid}/task/${each}/schedstat`, 'utf8'));
    return waits.reduce((sum, text) => sum + Number(text.split(' ')[1] ?? 0), 0) / 1e6;
  } catch {
    return 0;
  }
}

/** Processes of others that name a path: in their command, as their directory, or among their mounts, wherever they went. */
export function processesNaming(path: string): readonly string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const reads = [
    (pid: string) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
    (pid: string) => readlinkSync(`/proc/${pid}/cwd`),
    (pid: string) => readFileSync(`/proc/${pid}/mountinfo`, 'utf8'),
  ];
  const names = (pid: string, read: (pid: string) => string): boolean => {
    try {
      return read(pid).includes(path);
    } catch {
      return false; // It has ended, or is not ours.
    }
  };
  return pids.filter((pid) => reads.some((read) => names(pid, read)));
}
