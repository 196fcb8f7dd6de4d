import { stopWith } from '../problems.ts';
import type { StopCondition } from './contract.ts';

/** The cell has had all its turns. */
export const turnLimit: StopCondition = ({ iteration, maxTurns }) =>
  iteration >= maxTurns ? stopWith('TurnLimit') : undefined;
