import { repliqueError, type RepliqueError } from '../errors.ts';
import type { Line } from './channel.ts';
import type { SandboxProcess } from './contract.ts';
import { parseMessage } from './messages.ts';

/** How long a fresh process may take: it imports IPython, perhaps from a slow disk. */
export const startMs = 60_000;
/** How long a forked copy may take. */
export const forkMs = 10_000;

export interface Hello {
  readonly pid: number;
  /** Threads that ran when the snapshot was taken and do not run in its copy. */
  readonly threads: number;
}

interface Awaited {
  /** Line of the process that forks it, which may say that it can't. */
  readonly parent?: Line;
  /** Aborted: it will not come. */
  readonly gone: AbortSignal;
}

/**
 * Waits for the first message of a process, which says who it is.
 * @throws Error when something else comes, or nothing
 */
export function hello(
  line: Line,
  role: 'worker' | 'snapshot',
  waitMs: number,
  { parent, gone }: Awaited,
): Promise<Hello> {
  return new Promise((resolve, reject) => {
    const onGone = (): void => fail('it ended');
    const timer = setTimeout(() => fail('it did not answer'), waitMs);
    gone.addEventListener('abort', onGone);
    const settle = (): void => {
      clearTimeout(timer);
      gone.removeEventListener('abort', onGone);
    };
    const fail = (problem: string): void => {
      settle();
      reject(new Error(problem));
    };
    if (gone.aborted) onGone();
    line.listen({
      onBreach: fail,
      onFrame: (frame) => {
        const message = parseMessage(frame);
        if (typeof message === 'string') fail(`it sent ${message}`);
        else if (message.kind !== 'hello' || message.role !== role) fail(`it sent ${message.kind}`);
        else {
          settle();
          resolve({ pid: message.pid, threads: message.threads ?? 0 });
        }
      },
    });
    parent?.listen({
      onBreach: fail,
      onFrame: (frame) => {
        const message = parseMessage(frame);
        fail(typeof message !== 'string' && message.kind === 'stuck' ? message.problem : 'it failed');
      },
    });
  });
}

/**
 * What `arrival` brings. The end of that process may be told before its message is read.
 * @throws Error if it has ended by then
 */
export async function living(
  sandbox: Pick<SandboxProcess, 'onProcessExit'>,
  arrival: Promise<Hello>,
): Promise<Hello> {
  const ended = new Set<number>();
  const stopListening = sandbox.onProcessExit((pid) => ended.add(pid));
  try {
    const found = await arrival;
    if (ended.has(found.pid)) throw new Error('it ended at once');
    return found;
  } finally {
    stopListening();
  }
}

/**
 * @param problem what the process wrote, or why it never spoke
 * @param kernel the name of what runs in Python's place
 */
export function startFailure(problem: string, kernel: string | undefined, python: string): RepliqueError {
  if (kernel !== undefined) return repliqueError('KERNEL_FAILED', { kernel, problem });
  if (problem.includes("No module named 'IPython'")) {
    return repliqueError('PYTHON_WITHOUT_IPYTHON', { python });
  }
  return repliqueError('WORKER_FAILED', { problem: problem.split('\n').at(-1) ?? problem });
}

/** The error for a snapshot that could not be taken or gone back to. */
export function snapshotFailure(cause: unknown): RepliqueError {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return repliqueError('SNAPSHOT_FAILED', { problem }, { cause });
}
