import type { Cell as Asks } from '../../../kernel/interpreter/cell.ts';
import { parseCell } from '../../../kernel/interpreter/cell.ts';
import { countOf, isDisplay, outputsOf } from './outputs.ts';
import type { SavedOutput } from './outputs.ts';
import { cellSchema, failureSchema, metadataSchema, mimes, turnSchema } from './replique-data.ts';
import type { TurnData } from './replique-data.ts';
import type { Cell, Notebook } from './schema.ts';

/** A turn of the model, and what its helper came to. */
export interface Turn {
  readonly number: number;
  readonly data: TurnData;
  readonly durationMs: number;
  readonly helper?: HelperRun | undefined;
}

interface HelperRun {
  readonly lang: string;
  readonly code: string;
  /** `ok`, `error`, `interrupted`, … */
  readonly status: string;
  readonly ename?: string | undefined;
  readonly durationMs: number;
  /** What it printed and showed, as text. */
  readonly text: string;
}

/** What a cell's text asks for. */
export type { Asks };

/** A code cell as it was run. */
export interface SessionCell {
  readonly index: number;
  readonly id?: string | undefined;
  readonly count?: number | undefined;
  readonly source: string;
  readonly asks: Asks;
  readonly turns: readonly Turn[];
  /** Turns that this version can't read. */
  readonly unreadable: number;
  readonly error?: { readonly ename: string; readonly evalue: string } | undefined;
  readonly durationMs: number;
  /** When it began, in milliseconds since 1970, if the client recorded that. */
  readonly began?: number | undefined;
}

/** What a notebook recorded of its session, cell by cell. */
export function sessionOf({ cells }: Notebook): SessionCell[] {
  return [...cells.entries()]
    .filter(([, cell]) => cell.cell_type === 'code')
    .map(([index, cell]) => sessionCell(cell, index));
}

/** `metadata.replique` of an output. */
export const aboutOf = (output: SavedOutput) =>
  isDisplay(output) ? metadataSchema.safeParse(output.metadata['replique']).data : undefined;

function sessionCell(cell: Cell, index: number): SessionCell {
  const outputs = outputsOf(cell);
  const footer = outputs.filter(isDisplay).find((output) => aboutOf(output)?.kind === 'cell');
  const summary = footer && cellSchema.safeParse(footer.data[mimes.cell]).data;
  const times = footer && aboutOf(footer)?.turns;
  const turns: Turn[] = [];
  let unreadable = 0;
  for (const [at, output] of outputs.entries()) {
    if (!isDisplay(output) || !(mimes.turn in output.data)) continue;
    const data = turnSchema.safeParse(output.data[mimes.turn]).data;
    if (!data) {
      unreadable += 1;
      continue;
    }
    const number = aboutOf(output)?.turn ?? turns.length + 1;
    const status = summary?.turns.find(({ turn }) => turn === number)?.helper?.status;
    const took = times?.[number - 1];
    turns.push({
      number,
      data,
      durationMs: aboutOf(output)?.durationMs ?? took?.durationMs ?? 0,
      helper: data.helper && helperRun(data.helper, status, took?.helperDurationMs, shownAfter(outputs, at)),
    });
  }
  const error = outputs.findLast((output) => output.output_type === 'error');
  const id = cell['id'];
  return {
    index,
    id: typeof id === 'string' ? id : undefined,
    count: countOf(cell),
    source: cell.source,
    asks: parseCell(cell.source),
    turns,
    unreadable,
    error: error && { ename: error.ename, evalue: error.evalue },
    durationMs: (footer && aboutOf(footer)?.durationMs) ?? 0,
    began: beganAt(cell),
  };
}

/** What was shown between a turn and the next one: its helper's doing. */
function shownAfter(outputs: readonly SavedOutput[], at: number): SavedOutput[] {
  const rest = outputs.slice(at + 1);
  const end = rest.findIndex((output) =>
    !isDisplay(output)
      ? output.output_type === 'error'
      : mimes.turn in output.data || ['turn', 'cell'].includes(aboutOf(output)?.kind ?? ''),
  );
  return (end < 0 ? rest : rest.slice(0, end)).filter((output) => aboutOf(output)?.kind !== 'notice');
}

function helperRun(
  { lang, code }: NonNullable<TurnData['helper']>,
  known: string | undefined,
  durationMs = 0,
  shown: readonly SavedOutput[],
): HelperRun {
  const failure = shown
    .filter(isDisplay)
    .flatMap(({ data }) => failureSchema.safeParse(data[mimes.result]).data ?? [])[0];
  const text = shown.map(textOf).join('\n');
  return {
    lang,
    code,
    status: known ?? failure?.status ?? 'ok',
    ename: failure?.error?.ename,
    durationMs,
    text,
  };
}

/** An output as text; an error is none of what was shown. */
function textOf(output: SavedOutput): string {
  const text = isDisplay(output) ? output.data['text/plain'] : output['text'];
  return typeof text === 'string' ? text : '';
}

/** JupyterLab's `recordTiming` and nbclient note it here: https://nbclient.readthedocs.io/en/latest/client.html */
function beganAt(cell: Cell): number | undefined {
  const execution = cell.metadata['execution'];
  if (typeof execution !== 'object' || execution === null) return undefined;
  const noted = (execution as Record<string, unknown>)['iopub.execute_input'];
  const time = typeof noted === 'string' ? Date.parse(noted) : NaN;
  return Number.isFinite(time) && time >= 0 ? time : undefined;
}
