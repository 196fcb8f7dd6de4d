import type { ExecuteOptions, ExecuteOutcome } from './contract.ts';
import type { CodeToRun, RunEnd, RunHooks } from './worker-peer.ts';
import type { Clock, StopReason } from './worker-time.ts';
import * as words from './worker-words.ts';

/** What the process is told. */
export function codeOf(
  { code, language, userExpressions = {}, comm, silent, storeHistory }: ExecuteOptions,
  cell: number | undefined,
  proxy: string | undefined,
): CodeToRun {
  const delivery = comm && {
    ...comm,
    buffers: comm.buffers.map((buffer) => Buffer.from(buffer).toString('base64')),
  };
  return {
    ...{ code, language, userExpressions },
    ...(cell !== undefined && { cell }),
    ...(silent === true && { silent }),
    ...(storeHistory === false && { unstored: true }),
    ...(delivery && { comm: delivery }),
    ...(proxy !== undefined && { proxy }),
  };
}

/** What is done with what comes; while a person is asked, the time limit stands still. */
export function hooksOf({ onOutput, onInput }: ExecuteOptions, clock: Clock): RunHooks {
  if (onInput === undefined) return { onOutput };
  return {
    onOutput,
    onInput: async (prompt, password, gone) => {
      clock.pause();
      try {
        return await onInput(prompt, password, gone);
      } finally {
        clock.go();
      }
    },
  };
}

/**
 * How it ended, for reader and model.
 * @param end absent: it did not end in time
 * @param reason why it was stopped, if it was
 * @param lost what became of the memory if the process died, and what it is called
 */
export function outcomeOf(
  end: RunEnd | undefined,
  reason: StopReason | undefined,
  { memory, who }: { readonly memory: string; readonly who: string },
  notices: readonly string[],
): Omit<ExecuteOutcome, 'durationMs'> {
  const withNotices = (more: readonly string[]): Pick<ExecuteOutcome, 'notice'> => {
    const all = [...notices, ...more];
    return all.length > 0 ? { notice: all.join(' ') } : {};
  };
  if (end?.kind === 'died') {
    const { status, notice } = words.describeDeath(end.death, memory, who);
    return { status: reason ?? status, ...withNotices([notice]) };
  }
  if (end === undefined) return { status: reason ?? 'interrupted', ...withNotices([]) };
  const { error, userExpressions, opened } = end.message;
  return {
    status: reason ?? (error === null ? 'ok' : 'error'),
    ...(error === null ? {} : { error }),
    userExpressions,
    ...(opened && { opened }),
    ...withNotices(end.truncated ? [words.truncatedNotice] : []),
  };
}
