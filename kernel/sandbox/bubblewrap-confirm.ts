import { readFileSync } from 'node:fs';
import { explainFailure, unavailable } from './bubblewrap-remedies.ts';
import type { SandboxProcess } from './contract.ts';
import type { LaunchedProcess } from './launcher-process.ts';
import { settledWithin } from './worker-time.ts';

const startTimeoutMs = 30_000;
/** From the end of a first process to that of bubblewrap. */
const endingMs = 2_000;
const unseen = 'its first process can’t be seen from outside.';

/** A sandbox on its way. */
export interface Started {
  readonly launched: LaunchedProcess;
  /** PID 1 of the sandbox, by its number on the host; undefined where there is none (any more). */
  readonly firstPid: () => number | undefined;
}

/**
 * Waits until the first process has started the worker and everything is in force; else it ends the sandbox. The worker
 * itself is ours, and runs no helper's code before the host, which has it from here, asks it to.
 * @throws RepliqueError SANDBOX_UNAVAILABLE
 */
export async function confirmed({ launched, firstPid }: Started): Promise<SandboxProcess> {
  const timer = setTimeout(() => launched.kill(), startTimeoutMs);
  let gap: string | undefined;
  try {
    const { status } = await launched.ready;
    const pid = firstPid();
    if (pid === undefined && (await settledWithin(launched.exited, endingMs)) === undefined) gap = unseen;
    else gap = missingProtection(status, pid === undefined ? undefined : statusOf(pid));
  } catch (error) {
    launched.kill();
    throw explainFailure(launched.stderrTail(), error);
  } finally {
    clearTimeout(timer);
  }
  if (gap === undefined) return launched;
  launched.kill();
  await launched.exited;
  throw unavailable(gap, 'Report this with the versions of your kernel and of bubblewrap.');
}

/**
 * What is not as it must be, in what PID 1 read back of itself and in what the host sees of it.
 * @param hostStatus /proc/PID/status, read outside; absent where it has ended already
 */
export function missingProtection(
  status: Readonly<Record<string, string>>,
  hostStatus: string | undefined,
): string | undefined {
  if (status['Seccomp'] !== '2') return 'the system call filter is not in force inside it.';
  if (status['NoNewPrivs'] !== '1') return 'programs inside it could gain privileges (no_new_privs is off).';
  if (!/^0+$/.test(status['CapEff'] ?? '')) {
    return `its processes have capabilities (${status['CapEff'] ?? 'unknown'}).`;
  }
  if (hostStatus !== undefined && !/^Uid:(\s+[1-9]\d*){4}$/m.test(hostStatus))
    return 'its user is root on the host.';
  return undefined;
}

function statusOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return undefined;
  }
}
