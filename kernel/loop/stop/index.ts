import type { Stop } from '../problems.ts';
import type { CellTrace, StopCondition } from './contract.ts';
import { empty } from './empty.ts';
import { final } from './final.ts';
import { malformed } from './malformed.ts';
import { noProgress } from './no-progress.ts';
import { refusal } from './refusal.ts';
import { repetition } from './repetition.ts';
import { turnLimit } from './turn-limit.ts';

/** In the order in which they are asked: the first reason wins. */
const conditions: readonly StopCondition[] = [
  refusal,
  final,
  empty,
  malformed,
  repetition,
  noProgress,
  turnLimit,
];

/** The first reason to stop after the last turn, or none. */
export function firstStop(cell: CellTrace): Stop | undefined {
  for (const condition of conditions) {
    const stop = condition(cell);
    if (stop) return stop;
  }
  return undefined;
}
