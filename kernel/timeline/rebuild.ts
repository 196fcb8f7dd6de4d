import type { SessionWorker } from '../sandbox/session-worker.ts';
import type { PlannedRun } from './ways.ts';

/** What running code again came to. */
export interface Rerun {
  /** Pieces of code that were run, each in its cell. */
  readonly done: readonly PlannedRun[];
  /** Sentences on what is not as it was then. */
  readonly notes: readonly string[];
  /** Why it did not come to the end. */
  readonly problem?: string;
}

const noLimitMs = 2 ** 31 - 1;
const pythons = ['python', 'bash'];

/**
 * Runs code again, in order, without showing what it puts out, until the signal is aborted. Helpers are judged anew: what they
 * may do can have become less.
 */
export async function rerun(
  worker: Pick<SessionWorker, 'execute' | 'beginCell'>,
  runs: readonly PlannedRun[],
  signal: AbortSignal,
): Promise<Rerun> {
  const done: PlannedRun[] = [];
  const notes = new Set<string>();
  const stopped = (problem: string): Rerun => ({ done, notes: [...notes], problem });
  for (const { run, node } of runs) {
    const { code, language, origin = { kind: 'kernel' }, status, ename, silent, storeHistory } = run;
    const where = `[${node.executionCount}]`;
    if (!pythons.includes(language)) {
      notes.add(`What runs in ${language} is as it was: its memory can’t be rebuilt.`);
      continue;
    }
    if (status !== 'ok' && status !== 'error') {
      notes.add(`Code of ${where} had been stopped, or had ended its process: it was not run again.`);
      continue;
    }
    if (run.isRedacted === true) return stopped(`code of ${where} held a secret, which is not kept`);
    worker.beginCell(node.executionCount, node.cell);
    const outcome = await worker.execute({
      ...{ code, language, signal, timeoutMs: noLimitMs },
      origin: { ...origin, isAgain: true },
      onOutput: () => undefined,
      ...(silent !== undefined && { silent }),
      ...(storeHistory !== undefined && { storeHistory }),
    });
    if (signal.aborted) return stopped('it was stopped');
    if (outcome.error?.ename === 'NotAllowed' && ename !== 'NotAllowed')
      return stopped(`code of ${where} is not allowed now: ${outcome.error.evalue}`);
    if (outcome.status !== 'ok' && outcome.status !== 'error')
      return stopped(`code of ${where} ended in another way than then (${outcome.status})`);
    done.push({ run, node });
    if (outcome.status !== status || outcome.error?.ename !== ename)
      notes.add(
        `Code of ${where} ended in another way than then: it ${endOf(outcome.status, outcome.error?.ename)}.`,
      );
  }
  return { done, notes: [...notes] };
}

const endOf = (status: string, ename: string | undefined): string =>
  status === 'ok' ? 'succeeded' : `failed with ${ename ?? 'an error'}`;
