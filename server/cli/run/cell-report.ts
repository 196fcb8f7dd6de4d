import type { Divergence } from '../notebook/replique-data.ts';
import type { Cell } from '../notebook/schema.ts';
import { tagsOf } from '../notebook/schema.ts';
import { divergencesIn, recordedErrors, spentIn } from './recorded.ts';
import type { Spent } from './recorded.ts';
import type { Output } from '../../outputs.ts';

/** How the cells of a notebook are executed: by a model, or from what the notebook recorded. */
export type Mode = 'run' | 'replay' | 'verify';

type CellStatus = 'ok' | 'failed' | 'diverged' | 'not-run';

/** What came of one code cell. */
export interface CellReport {
  /** Its place among all the cells of the notebook, from 0. */
  readonly index: number;
  readonly executionCount?: number | undefined;
  /** The first words of its source. */
  readonly words: string;
  readonly status: CellStatus;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  readonly spent?: Spent | undefined;
  readonly error?: { readonly ename: string; readonly evalue: string } | undefined;
  readonly divergences: readonly Divergence[];
}

interface Ended {
  readonly cell: Cell;
  readonly index: number;
  readonly executionCount: number;
  readonly status: 'ok' | 'error' | 'aborted';
  readonly outputs: readonly Output[];
  readonly ms: number;
}

/**
 * Judges a cell that has ended. An error that a tag allows is none; on tape neither is one that was recorded.
 */
export function reportOf(
  mode: Mode,
  { cell, index, executionCount, status, outputs, ms }: Ended,
): CellReport {
  const last = outputs.findLast((output) => output.output_type === 'error');
  const error = last && { ename: last.ename, evalue: last.evalue };
  const divergences = divergencesIn(outputs);
  const mayFail = tagsOf(cell).includes('raises-exception');
  const wasSo = mode !== 'run' && error !== undefined && recordedErrors(cell).includes(error.ename);
  const common = { index, executionCount, words: firstWords(cell.source), ms, spent: spentIn(outputs) };
  if (mode !== 'run' && (divergences.length > 0 || error?.ename === 'Diverged')) {
    return { ...common, status: 'diverged', error, divergences };
  }
  const ok = status === 'ok' || mayFail || wasSo;
  return { ...common, status: ok ? 'ok' : 'failed', error, divergences: [] };
}

/** A cell that was not reached. */
export const notRun = (cell: Cell, index: number): CellReport => ({
  index,
  words: firstWords(cell.source),
  status: 'not-run',
  ms: 0,
  divergences: [],
});

const longest = 60;

/** The beginning of a cell, in one line without controls. */
export function firstWords(source: string): string {
  const line = source
    .slice(0, 1000)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > longest ? `${line.slice(0, longest - 1).trimEnd()}…` : line;
}
