import type { ExecuteOptions, ExecuteOutcome } from '../sandbox/contract.ts';
import { delegatingWorker } from '../sandbox/delegating-worker.ts';
import type { SessionWorker } from '../sandbox/session-worker.ts';
import type { Step } from './node.ts';

/** Makes a worker that tells of all that it has run, and of the files that were opened to read. */
export function recordingWorker(
  worker: SessionWorker,
  {
    took,
    opened,
  }: { readonly took: (step: Step) => void; readonly opened: (paths: readonly string[]) => void },
): SessionWorker {
  return delegatingWorker(worker, {
    execute: async (options) => {
      const outcome = await worker.execute(options);
      const step = stepOf(options, outcome);
      if (step !== undefined) took(step);
      if (outcome.opened) opened(outcome.opened);
      return outcome;
    },
  });
}

function stepOf(options: ExecuteOptions, outcome: ExecuteOutcome): Step | undefined {
  const { code, language, origin, silent, storeHistory, comm } = options;
  if (comm !== undefined) return { kind: 'widgets' };
  if (code.trim() === '') return undefined;
  return {
    ...{ kind: 'run', code, language, origin },
    status: outcome.status,
    ms: Math.round(outcome.durationMs),
    ...(outcome.error && { ename: outcome.error.ename }),
    ...(silent === true && { silent }),
    ...(storeHistory === false && { storeHistory }),
  };
}
