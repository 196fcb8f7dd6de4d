import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Variable by which what a kernel has started is known, wherever it went; Enterprise Gateway's name. */
export const kernelIdVariable = 'KERNEL_ID';

/** Passes over the processes: one that forks meanwhile is caught by the next. */
const passes = 20;
const pauseMs = 25;

/**
 * Ends what a kernel has left: its process group, and on Linux every process that has inherited its id, also where it made a
 * group of its own or was given to another parent.
 * @param group number of the process group, which is that of the kernel's process; absent where it may be another's by now
 */
export async function endTree(group: number | undefined, kernelId: string): Promise<void> {
  for (let pass = 0; pass < passes; pass += 1) {
    const left = membersOf(group, kernelId);
    const signalled = group !== undefined && signal(-group, 'SIGKILL');
    for (const pid of left) signal(pid, 'SIGKILL');
    if (!signalled && left.length === 0) return;
    await sleep(pauseMs);
  }
}

/** @returns whether there was anybody to signal */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false; // it has ended
  }
}

/** Living processes of the group or with the kernel's id, after proc(5); `[]` where there is no /proc. */
function membersOf(group: number | undefined, kernelId: string): readonly number[] {
  let names: readonly string[];
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  const mark = `\0${kernelIdVariable}=${kernelId}\0`;
  return names
    .filter((pid) => Number(pid) !== process.pid && isMember(pid, group, mark))
    .map((pid) => Number(pid));
}

function isMember(pid: string, group: number | undefined, mark: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return false;
    return (
      Number(itsGroup) === group || `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}\0`.includes(mark)
    );
  } catch {
    return false; // it has ended, or is another user's
  }
}
