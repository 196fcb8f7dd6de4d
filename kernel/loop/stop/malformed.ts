import { stopWith } from '../problems.ts';
import type { StopCondition } from './contract.ts';

/** Three malformed helper blocks, or invented results, in a row. */
export const malformed: StopCondition = ({ turns }) =>
  turns.length >= 3 && turns.slice(-3).every(({ kind }) => kind === 'malformed' || kind === 'invented')
    ? stopWith('Malformed')
    : undefined;
