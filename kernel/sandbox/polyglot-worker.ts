import { RepliqueError } from '../errors.ts';
import type { ExecuteOptions, ExecuteOutcome } from './contract.ts';
import { delegatingWorker } from './delegating-worker.ts';
import type { SessionWorker } from './session-worker.ts';

/** Each holds a sandbox of its own. */
const mostOpen = 3;

/**
 * A worker that has code of other languages run by other kernels, each in a sandbox that is started when its language is
 * first named. Of more than three the one that was used longest ago is ended.
 * @param open makes the worker of another language; throws KERNEL_FAILED where it can't be run
 */
export function polyglotWorker(
  worker: SessionWorker,
  open: (language: string) => SessionWorker,
): SessionWorker {
  /** In the order of their last use. */
  const others = new Map<string, SessionWorker>();

  const closeOthers = async (): Promise<void> => {
    const closing = [...others.values()].map((other) => other.close());
    others.clear();
    await Promise.all(closing);
  };
  const execute = async (options: ExecuteOptions): Promise<ExecuteOutcome> => {
    const { language } = options;
    if (language === 'python' || language === 'bash') return worker.execute(options);
    let ended: string | undefined;
    const outcome = await attempt(async () => {
      const other = others.get(language) ?? open(language);
      others.delete(language);
      others.set(language, other);
      ended = await makeRoom(others);
      return other.execute(options);
    });
    const notice = [outcome.notice, ended].filter(Boolean).join(' ');
    return notice === '' ? outcome : { ...outcome, notice };
  };
  return delegatingWorker(worker, {
    execute,
    restart: async () => {
      await Promise.all([closeOthers(), worker.restart()]);
    },
    close: async () => {
      await Promise.all([closeOthers(), worker.close()]);
    },
  });
}

/** A sentence on the one that was ended. */
async function makeRoom(others: Map<string, SessionWorker>): Promise<string | undefined> {
  const [oldest] = others;
  if (oldest === undefined || others.size <= mostOpen) return undefined;
  const [name, worker] = oldest;
  others.delete(name);
  await worker.close();
  return `No more than ${mostOpen} other kernels run at once, so ${name} was ended: its variables are gone.`;
}

/** A kernel that does not start is something to tell the model; a sandbox that does not is not. */
async function attempt(run: () => Promise<ExecuteOutcome>): Promise<ExecuteOutcome> {
  const began = performance.now();
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof RepliqueError) || error.code !== 'KERNEL_FAILED') throw error;
    const evalue = `${error.message} ${error.remedy}`;
    return {
      status: 'error',
      error: { ename: 'KernelNotStarted', evalue, traceback: [evalue] },
      durationMs: performance.now() - began,
    };
  }
}
