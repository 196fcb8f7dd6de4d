import type { CellRequest } from '../interpreter/contract.ts';
import type { Divergence } from '../loop/events.ts';
import type { WorkerError } from '../sandbox/contract.ts';

/** Events without what is there for the tape alone. */
export function withoutTape(emit: CellRequest['emit']): CellRequest['emit'] {
  return (event) => {
    if (event.type === 'turn-end') {
      const { type, turn, record, durationMs } = event;
      emit({ type, turn, record, durationMs });
    } else if (event.type === 'stop') {
      const { type, summary, problem, answer } = event;
      emit({ type, summary, ...(problem && { problem }), ...(answer !== undefined && { answer }) });
    } else emit(event);
  };
}

/** The error of a cell that was played and diverged. */
export function diverged(divergences: readonly Divergence[]): WorkerError {
  const more = divergences.length - 1;
  const what = `${divergences[0]?.what ?? ''}${more > 0 ? ` (and ${more} more)` : ''}`;
  return { ename: 'Diverged', evalue: what, traceback: divergences.map((one) => `Diverged: ${one.what}`) };
}
