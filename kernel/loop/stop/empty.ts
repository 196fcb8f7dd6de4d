import { stopWith } from '../problems.ts';
import type { StopCondition } from './contract.ts';

/** Two empty replies in a row; the first is answered with a reminder. */
export const empty: StopCondition = ({ turns }) =>
  turns.length >= 2 && turns.slice(-2).every((turn) => turn.kind === 'empty')
    ? stopWith('EmptyReply')
    : undefined;
