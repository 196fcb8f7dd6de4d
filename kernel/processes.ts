import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { isAlive } from './alive.ts';

/** A process by its number and, where the system says it, when it was started: numbers are given again. */
export interface ProcessMark {
  readonly pid: number;
  readonly started?: string | undefined;
}

/** The mark of a process that runs. */
export function markOf(pid: number): ProcessMark {
  const started = startOf(pid);
  return { pid, ...(started !== undefined && { started }) };
}

/** Whether that very process still runs; one that has ended and that nobody has asked for its status does not. */
export function stillRuns({ pid, started }: ProcessMark): boolean {
  return isAlive(pid) && (started === undefined || startOf(pid) === started);
}

/** When it was started; absent where nobody says it, and when it has ended. */
const startOf = (pid: number): string | undefined => (hasProc ? startByProc(pid) : startByPs(pid));

const hasProc = existsSync('/proc/self/stat');

/** Boot and clock tick (proc(5), field 22 of stat). */
function startByProc(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(')').at(-1)?.trim().split(' ');
    if (fields?.[0] === 'Z' || fields?.[0] === 'X') return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    return `${boot}-${fields?.[19] ?? ''}`;
  } catch {
    return undefined;
  }
}

/** Date and time to the second, after ps(1), where there is no /proc: on macOS. */
export function startByPs(pid: number): string | undefined {
  const env = { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' };
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    ...{ encoding: 'utf8', env },
  });
  if (status !== 0) return undefined;
  const [, state, started] = /^([A-Z])\S*\s+(.+)$/.exec(stdout.trim()) ?? [];
  return state === 'Z' ? undefined : started;
}
