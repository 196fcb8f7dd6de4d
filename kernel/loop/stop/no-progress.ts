import { stopWith } from '../problems.ts';
import type { StopCondition } from './contract.ts';

const mostFailures = 5;

/** As many helpers in a row as that ended in the same error, whatever their code. */
export const noProgress: StopCondition = ({ turns }) => {
  const ran = turns.filter(({ kind }) => kind === 'helper').slice(-mostFailures);
  const [first] = ran;
  const isStuck =
    ran.length === mostFailures &&
    first?.failure !== undefined &&
    ran.every(({ failure }) => failure === first.failure);
  return isStuck ? stopWith('NoProgress') : undefined;
};
