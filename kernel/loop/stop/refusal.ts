import { stopWith } from '../problems.ts';
import type { StopCondition } from './contract.ts';

/** The provider ended the reply itself, for what it is about. */
export const refusal: StopCondition = ({ turns }) =>
  turns.at(-1)?.kind === 'refused' ? stopWith('Refused') : undefined;
