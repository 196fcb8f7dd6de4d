import { stopWith } from '../problems.ts';
import type { StopCondition, TurnTrace } from './contract.ts';

/** How often the last helper's code came to the same result before in this cell. */
export function timesBefore(turns: readonly TurnTrace[]): number {
  const last = turns.at(-1);
  const hash = last?.record.helper?.hash;
  if (hash === undefined) return 0;
  const same = turns.filter((turn) => turn.record.helper?.hash === hash && turn.forModel === last?.forModel);
  return same.length - 1;
}

/** The same code with the same result for the third time, alternating or not; the second time brings a hint. */
export const repetition: StopCondition = ({ turns }) =>
  timesBefore(turns) >= 2 ? stopWith('Repetition') : undefined;
