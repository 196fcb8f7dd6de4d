import { stopWith } from '../problems.ts';
import type { StopCondition } from './contract.ts';

/** Three malformed helper blocks in a row. */
export const malformed: StopCondition = ({ turns }) =>
  turns.length >= 3 && turns.slice(-3).every((turn) => turn.kind === 'malformed')
    ? stopWith('Malformed')
    : undefined;
