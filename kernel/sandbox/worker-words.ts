import type { ExecuteOutcome, LimitHit } from './contract.ts';
import type { Death } from './worker-peer.ts';

const SIGKILL = 9;
const SIGSEGV = 11;
const SIGXCPU = 24;

/** How a helper whose process died ended, and what its reader is told. */
export function describeDeath(
  death: Death,
  memory: string,
  who = 'Python',
): Pick<ExecuteOutcome, 'status'> & { readonly notice: string } {
  if ('breach' in death) {
    return { status: 'died', notice: `${who} sent ${death.breach}, so it was ended. ${memory}` };
  }
  if ('excess' in death) return { status: 'limit', notice: `${excess(death.excess)} ${memory}` };
  const { status } = death;
  if (status === -SIGXCPU) {
    return {
      status: 'limit',
      notice: `${who} used up its processor time and was ended. Set REPLIQUE_CPU_SECONDS to allow more. ${memory}`,
    };
  }
  return { status: 'died', notice: `${wayOfDeath(status, who)} ${memory}` };
}

/** Which limit it was, how much was used, and what allows more. */
function excess({ limit, used, allowed }: LimitHit): string {
  switch (limit) {
    case 'memory':
      return `All processes together used ${megabytes(used)} of memory; ${megabytes(allowed)} are allowed, so they were ended. Set REPLIQUE_MEMORY_MB to allow more.`;
    case 'cpu':
      return `Its processes together used ${Math.ceil(used)} s of processor time; ${allowed} s are allowed, so they were ended. Set REPLIQUE_CPU_SECONDS to allow more.`;
    case 'disk':
      return `${megabytes(used)} were added to the workspace in this session; ${megabytes(allowed)} are allowed, so what ran was ended. Remove files, or set REPLIQUE_DISK_MB to allow more.`;
    case 'files':
      return `${used} files were made or changed in the workspace in this session; ${allowed} are allowed, so what ran was ended. Remove files, or set REPLIQUE_NEW_FILES to allow more.`;
  }
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;

/** @param allowed for all processes together */
export const memoryHeld = (used: number, allowed: number): string =>
  `Python holds ${megabytes(used)} of memory now; ${megabytes(allowed)} are allowed.`;

/** A process that code had started was killed, while the code goes on. */
export const childKilled = ({ allowed }: LimitHit): string =>
  `All processes together reached ${megabytes(allowed)} of memory, which is all that is allowed, so the system ended the largest. Set REPLIQUE_MEMORY_MB to allow more.`;

export const slowedDown = (perSecond: number): string =>
  `More than ${perSecond} messages a second came, so they were read, and the code ran, more slowly. Set REPLIQUE_MESSAGES_PER_SECOND to allow more.`;

export function sessionOver(sessionMs: number): string {
  const seconds = Number((sessionMs / 1000).toFixed(1));
  return (
    `Code has run for ${seconds} s in this session, which is all that is allowed. ` +
    'Set REPLIQUE_SESSION_SECONDS to allow more, and restart the kernel.'
  );
}

function wayOfDeath(status: number | null, who: string): string {
  if (status === null) return 'The sandbox ended.';
  if (status === -SIGKILL) return `${who} was killed (SIGKILL), as happens when memory runs out.`;
  if (status === -SIGSEGV) return `${who} crashed (SIGSEGV, an invalid memory access).`;
  if (status < 0) return `${who} was ended by signal ${-status}.`;
  return `${who} ended itself with exit status ${status}.`;
}

/** What became of the memory of a process that was replaced. */
export const memoryRestored = (runs: number): string =>
  runs <= 1
    ? 'It was replaced by a copy from before that code: what it had set is gone.'
    : `It was replaced by a copy from before the last ${runs} runs of code: what they had set is gone.`;
export const memoryLost = 'It was started anew: all variables and imports are gone.';
export const copyLost =
  'That copy had ended, too, so Python was started anew: all variables and imports are gone.';

export const threadsLost = (count: number): string =>
  `${count === 1 ? 'A thread' : `${count} threads`} that ran when this state was kept did not come back with it.`;

export function timeoutNotice(timeoutMs: number): string {
  const seconds = Number((timeoutMs / 1000).toFixed(1));
  return (
    `Stopped after ${seconds} s, its time limit. ` +
    'Give the helper more with timeout="…" (in seconds), or all of them with REPLIQUE_HELPER_TIMEOUT.'
  );
}

export function replacedNotice(graceMs: number, memory: string, who = 'Python'): string {
  const seconds = Number((graceMs / 1000).toFixed(1));
  return `${who} was still busy ${seconds} s after it was stopped, so it was ended. ${memory}`;
}

export const truncatedNotice =
  'It printed more than can be kept (64 MB or 100,000 outputs): the rest was dropped.';

export const workspaceGone = (path: string): string =>
  `The workspace ${path} was deleted, moved or replaced after Python started, so files can't be read or written there. ` +
  'Make sure that the folder is there, and restart the kernel.';

export const neverBegun = 'The session was restarted before it began.';
