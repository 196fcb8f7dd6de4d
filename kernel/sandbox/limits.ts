import type { Config } from '../config.ts';
import { roomInMemory } from './bubblewrap-args.ts';
import type { GroupBounds } from './cgroup/group.ts';
import type { Limits } from './contract.ts';

const MiB = 1024 * 1024;
/** After SIGXCPU at the soft limit, the time until SIGKILL. */
const cpuGraceSeconds = 5;

/** The limits that a configuration asks for. */
export function limitsOf(config: Config): Limits {
  return {
    memoryBytes: config.memoryMb * MiB,
    processes: config.processes,
    openFiles: config.openFiles,
    fileBytes: config.fileMb * MiB,
    cpuSeconds: config.cpuSeconds,
    diskBytes: config.diskMb * MiB,
    newFiles: config.newFiles,
    messagesPerSecond: config.messagesPerSecond,
  };
}

/** The limits of all processes together, and of the workspace, in a line. */
export function describeTogether({ memoryBytes, cpuSeconds, diskBytes, newFiles }: Limits): string {
  return `memory ${memoryBytes / MiB} MB, processor time ${cpuSeconds} s a run, workspace +${diskBytes / MiB} MB and +${newFiles} files`;
}

/** bubblewrap itself, and what starts it. */
const processesOutside = 4;

/**
 * What a cgroup allows a sandbox. It counts the files of its /tmp, /dev/shm and home, which have bounds of their own, so
 * the watchdog, which knows what may go first, comes before it.
 */
export function groupBounds({ memoryBytes, processes }: Limits, waiting = 0): GroupBounds {
  return { memoryBytes: memoryBytes + roomInMemory, processes: processes + processesOutside + waiting };
}

interface HowApplied {
  /** Outside a user namespace, where NPROC would count everything its user runs. */
  readonly shared?: boolean;
  /** See LaunchOptions. */
  readonly freeAddressSpace?: boolean | undefined;
  /** See LaunchOptions. */
  readonly waiting?: number | undefined;
}

/**
 * The limits as init.py applies them: `NAME=SOFT:HARD,…` in the names of setrlimit(2). They hold for each process;
 * NPROC counts the processes and threads of the sandbox's user namespace, and grows with those that wait.
 */
export function resourceLimits(
  limits: Limits,
  { shared = false, freeAddressSpace = false, waiting = 0 }: HowApplied = {},
): string {
  const same = (value: number): readonly [number, number] => [value, value];
  const values: Readonly<Record<string, readonly [soft: number, hard: number]>> = {
    ...(freeAddressSpace ? {} : { AS: same(limits.memoryBytes) }),
    ...(shared ? {} : { NPROC: [limits.processes, limits.processes + waiting] }),
    NOFILE: same(limits.openFiles),
    FSIZE: same(limits.fileBytes),
    CPU: [limits.cpuSeconds, limits.cpuSeconds + cpuGraceSeconds],
    CORE: same(0),
    STACK: same(8 * MiB),
    MEMLOCK: same(64 * 1024),
    MSGQUEUE: same(0),
    SIGPENDING: same(256),
    RTPRIO: same(0),
    NICE: same(0),
  };
  return Object.entries(values)
    .map(([name, [soft, hard]]) => `${name}=${soft}:${hard}`)
    .join(',');
}
