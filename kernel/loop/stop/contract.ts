import type { TurnRecord } from '../events.ts';
import type { Stop } from '../problems.ts';

/** A finished turn as the stop conditions see it. */
export interface TurnTrace {
  readonly record: TurnRecord;
  readonly kind:
    | 'final'
    | 'helper'
    | 'malformed'
    | 'empty'
    | 'fence'
    | 'wrapped'
    | 'invented'
    | 'gave-up'
    | 'unfounded'
    | 'unlooked'
    | 'refused';
  /** What the model is given of the helper's result. */
  readonly forModel?: string;
  /** The error its helper ended in: name and message. */
  readonly failure?: string;
}

/** A cell so far: its turns in order. */
export interface CellTrace {
  readonly turns: readonly TurnTrace[];
  /** How many turns the cell has had. */
  readonly iteration: number;
  readonly maxTurns: number;
}

/** A reason to stop after the last turn of the trace, or none. One file each in this folder, listed in index.ts. */
export type StopCondition = (cell: CellTrace) => Stop | undefined;
