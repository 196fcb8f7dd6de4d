import type { StopCondition } from './contract.ts';

/** The last turn is the final answer. */
export const final: StopCondition = ({ turns }) =>
  turns.at(-1)?.kind === 'final' ? { reason: 'final' } : undefined;
