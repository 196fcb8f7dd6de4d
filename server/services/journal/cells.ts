import { sorted } from '../contents/notebook/sorted.ts';
import { isObject, type Cell, type Json, type Notebook } from '../contents/notebook/structure.ts';
import type { FoldedRun } from './fold.ts';

/** The cell that a run is of. In notebooks older than format 4.5, whose cells have no ids: the only one with its text. */
export function cellOf(
  { cells }: Notebook,
  { cell, source }: Pick<FoldedRun, 'cell' | 'source'>,
): Cell | undefined {
  const found = cells.find(({ id }) => id === cell);
  if (found !== undefined) return found['cell_type'] === 'code' ? found : undefined;
  const like = cells.filter(
    (each) => !('id' in each) && each['cell_type'] === 'code' && sourceOf(each) === source,
  );
  return like.length === 1 ? like[0] : undefined;
}

export const sourceOf = ({ source }: Cell): string =>
  Array.isArray(source) ? source.join('') : typeof source === 'string' ? source : '';

/** What a notebook holds of a run; copies, so that what is done with the notebook does not reach the run. */
const contentOf = ({
  cellOutputs,
  count,
}: FoldedRun): { execution_count: number | null; outputs: Json[] } => ({
  execution_count: count,
  outputs: structuredClone(cellOutputs.outputs),
});

/** Gives a cell what came of a run. */
export function fill(cell: Cell, run: FoldedRun): void {
  Object.assign(cell, contentOf(run));
}

/** Adds the cell of a run, which its page never saved, behind the one that ran before it. */
export function insert(notebook: Notebook, run: FoldedRun): Cell {
  const hasIds = Number(notebook['nbformat_minor']) >= 5;
  const cell: Cell = {
    cell_type: 'code',
    ...(hasIds && { id: run.cell }),
    metadata: {},
    source: run.source,
    ...contentOf(run),
  };
  const before = notebook.cells.findIndex(({ id }) => id !== undefined && id === run.after);
  notebook.cells.splice(before < 0 ? notebook.cells.length : before + 1, 0, cell);
  return cell;
}

/** Whether a cell shows just what came of a run, however its texts are cut and overwritten. */
export function shows(cell: Cell, run: FoldedRun): boolean {
  if ((cell['execution_count'] ?? null) !== run.count) return false;
  const shown = (cell.outputs ?? []).map(canonical);
  const outputs = (run.cellOutputs.outputs as unknown as Json[]).map(canonical);
  return shown.length === outputs.length && shown.every((each, index) => each === outputs[index]);
}

/** Whether a cell shows nothing, as one that was emptied, or has not run. */
export const isEmpty = (cell: Cell): boolean =>
  (cell['execution_count'] ?? null) === null && (cell.outputs ?? []).length === 0;

function canonical(output: Json): string {
  const { text, data } = output;
  const texts = {
    ...('text' in output && { text: overwritten(joined(text)) }),
    ...(isObject(data) && {
      data: Object.fromEntries(Object.entries(data).map(([type, value]) => [type, joinedIf(type, value)])),
    }),
  };
  return JSON.stringify(sorted({ ...output, ...texts, transient: undefined }));
}

const joined = (text: unknown): string => (Array.isArray(text) ? text.join('') : String(text));

const joinedIf = (type: string, value: unknown): unknown =>
  Array.isArray(value) && !/[/+]json$/.test(type) ? joined(value) : value;

/** A stream as a terminal, and JupyterLab, leave it: what a carriage return or a backspace was written over is gone. */
function overwritten(text: string): string {
  if (!/[\r\b]/.test(text)) return text;
  return text
    .replace(/\r+\n/g, '\n')
    .split('\n')
    .map((line) => {
      const signs: string[] = [];
      let at = 0;
      for (const sign of line) {
        if (sign === '\r') at = 0;
        else if (sign === '\b') at = Math.max(0, at - 1);
        else signs[at++] = sign;
      }
      return signs.join('');
    })
    .join('\n');
}
