import { readFileSync } from 'node:fs';

/** Whether a process of the host runs, also where it is another user's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

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

/** Boot and clock tick of its start (proc(5), field 22 of stat); absent where there is no /proc, and when it has ended. */
function startOf(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(')').at(-1)?.trim().split(' ');
    if (fields?.[0] === 'Z' || fields?.[0] === 'X') return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    return `${boot}-${fields?.[19] ?? ''}`;
  } catch {
    return undefined;
  }
}
