import { CellOutputs, outputMessage, type Displays, type Output, type OutputMessage } from '../../outputs.ts';
import type { JournalRecord, RunStart } from './records.ts';

/** A run of a cell with what came of it. */
export interface FoldedRun extends RunStart {
  readonly cellOutputs: CellOutputs;
  /** When it last changed. */
  lastAt: number;
  count: number | null;
  /** `undefined`: it runs. */
  status: string | undefined;
}

/** What a journal says, in order: its runs, and the displays that messages to come may change. */
export interface Folded {
  readonly runs: Map<string, FoldedRun>;
  readonly displays: Displays;
}

/** Makes of a journal's lines what a notebook would hold. A line about a run that is not there means nothing. */
export function fold(records: readonly JournalRecord[]): Folded {
  const folded: Folded = { runs: new Map(), displays: new Map() };
  for (const record of records) apply(folded, record);
  return folded;
}

function apply({ runs, displays }: Folded, record: JournalRecord): void {
  if (record.kind === 'run') {
    const cellOutputs = new CellOutputs(displays);
    runs.set(record.run, { ...record, cellOutputs, lastAt: record.at, count: null, status: undefined });
    return;
  }
  if (!('run' in record)) return;
  const run = runs.get(record.run);
  if (run === undefined) return;
  if ('at' in record) run.lastAt = record.at;
  if (record.kind === 'drop') runs.delete(record.run);
  else if (record.kind === 'count') run.count = record.count;
  else if (record.kind === 'end') run.status = record.status;
  else if (record.kind === 'outputs') {
    runs.set(record.run, { ...run, cellOutputs: restored(record, displays) });
  } else {
    const message = outputMessage({ header: { msg_type: record.type }, content: record.content });
    if (message) run.cellOutputs.apply(message);
  }
}

type Outputs = Extract<JournalRecord, { kind: 'outputs' }>;

function restored({ outputs, clearsOnNext }: Outputs, displays: Displays): CellOutputs {
  for (const { output, displays: ids } of outputs) {
    for (const id of ids) displays.set(id, [...(displays.get(id) ?? []), output as never]);
  }
  return new CellOutputs(displays, {
    outputs: outputs.map(({ output }) => output as unknown as Output),
    clearsOnNext,
  });
}

/** The fewest lines that say the same of all runs. */
export function shortened({ runs, displays }: Folded): JournalRecord[] {
  const ids = new Map<Output, string[]>();
  for (const [id, shown] of displays) {
    for (const output of shown) ids.set(output, [...(ids.get(output) ?? []), id]);
  }
  return [...runs.values()].flatMap(({ cellOutputs, lastAt, count, status, ...start }) => {
    const { run } = start;
    const outputs = cellOutputs.outputs.map((output) => ({ output, displays: ids.get(output) ?? [] }));
    const lines: JournalRecord[] = [start];
    if (count !== null) lines.push({ kind: 'count', run, count });
    const { clearsOnNext } = cellOutputs;
    lines.push({ kind: 'outputs', run, at: lastAt, outputs, clearsOnNext });
    if (status !== undefined) lines.push({ kind: 'end', run, at: lastAt, status });
    return lines;
  });
}

/** The fewest messages that make the same of a cell as those of a run so far. */
export function messagesOf({ displays }: Folded, { cellOutputs }: FoldedRun): readonly OutputMessage[] {
  const shown = cellOutputs.outputs.map((output) => messageOf(output, displays));
  return cellOutputs.clearsOnNext ? [...shown, { type: 'clear_output', content: { wait: true } }] : shown;
}

function messageOf(output: Output, displays: Displays): OutputMessage {
  if (output.output_type !== 'display_data') {
    const { output_type: type, ...content } = output;
    return { type, content } as OutputMessage;
  }
  const [id] = [...displays].find(([, all]) => all.includes(output)) ?? [];
  const { data, metadata } = output;
  const transient = id === undefined ? {} : { display_id: id };
  return { type: 'display_data', content: { data, metadata, transient } };
}
