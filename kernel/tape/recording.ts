import type { z } from 'zod';
import type { Environment, FileRead } from '../environment/schema.ts';
import type { CellSummary, Divergence, TapedRequest } from '../loop/events.ts';
import { sha256 } from '../loop/key.ts';
import {
  cellSchema,
  cellTapeSchema,
  metadataSchema,
  mime,
  turnSchema,
  turnTapeSchema,
  type CellData,
  type CellTape,
  type RepliqueMetadata,
  type TurnTape,
} from '../output/schema.ts';
import { sealOf } from '../output/seal.ts';
import type { NotebookCell, NotebookOutput } from './notebook.ts';
import type { ShownOutput } from './outputs.ts';

type Rich = Extract<NotebookOutput, { output_type: 'display_data' | 'execute_result' }>;

/** What stands after a turn: outputs of its helper, and words of ours between them. */
export type Item =
  | { readonly kind: 'output'; readonly output: ShownOutput }
  | {
      readonly kind: 'notice';
      readonly text: string;
      /** How its helper ended. */ readonly isOfHelper: boolean;
    };

export interface RecordedTurn {
  readonly number: number;
  readonly record: z.infer<typeof turnSchema>;
  readonly durationMs: number;
  /** Absent: a version that kept no tape recorded it. */
  readonly tape: TurnTape | undefined;
  readonly items: readonly Item[];
}

/** What the outputs of one prompt cell keep of it. */
export interface Recording {
  readonly given: readonly NonNullable<RepliqueMetadata['references']>[];
  readonly turns: readonly RecordedTurn[];
  /** Every turn could be read. */
  readonly isWhole: boolean;
  /** Absent: the cell did not come to its end, or its last line was removed. */
  readonly summary?: CellSummary;
  /** Who recorded it, and what had been said at its end. */
  readonly end?: CellTape;
  /** What its results may have depended on. */
  readonly environment?: Environment;
  /** What code had read by its end. */
  readonly files?: readonly FileRead[];
  /** How it failed. */
  readonly error?: Extract<NotebookOutput, { output_type: 'error' }>;
  /** What of it is not as it was written. */
  readonly problems: readonly Divergence[];
}

/** The prompt that the cell was recorded with, where it is known. */
export const wordsOf = ({ turns }: Recording): string | undefined =>
  turns[0]?.tape?.given.findLast(({ kind }) => kind === 'words')?.text;

/** What had been said before the cell, where it is known. */
export const conversationBefore = ({ turns }: Recording): string | undefined => turns[0]?.tape?.conversation;

/** What is recorded of a turn's request, as an event has it. */
export function requestOf({ conversation, given, room }: TurnTape): TapedRequest {
  return {
    conversation,
    given: given.map(({ images, ...part }) => ({ ...part, ...(images && { images }) })),
    ...(room && { room }),
  };
}

/** Reads what a cell's outputs record; undefined where no turn of a model is in them. */
export function recordingOf(cell: NotebookCell): Recording | undefined {
  const reader = new Reader();
  for (const output of cell.outputs) reader.read(output);
  const found = reader.recording();
  if (found === undefined || cell.problem === undefined) return found;
  return { ...found, problems: [{ kind: 'schema', what: cell.problem }, ...found.problems] };
}

/** One of several attempts at a prompt, as the outputs of its cell keep it. */
export interface RecordedAttempt {
  /** Who answered, and how. */
  readonly what: string;
  /** What the first calls of all might use. */
  readonly estimate: string | undefined;
  readonly recording: Recording;
}

/** Reads the attempts at a prompt, each from its heading to the next or to what stands after all; none where there are none. */
export function attemptsOf(cell: NotebookCell): readonly RecordedAttempt[] {
  const found: { readonly heading: NonNullable<RepliqueMetadata['attempt']>; readonly reader: Reader }[] = [];
  for (const output of cell.outputs) {
    const own = 'metadata' in output ? metadataSchema.safeParse(output.metadata['replique']).data : undefined;
    if (own?.kind === 'attempts') break;
    if (own?.kind === 'attempt' && own.attempt) found.push({ heading: own.attempt, reader: new Reader() });
    else found.at(-1)?.reader.read(output);
  }
  return found.map(({ heading: { what, estimate }, reader }) => ({
    what,
    estimate,
    recording: reader.all(),
  }));
}

class Reader {
  readonly #given: NonNullable<RepliqueMetadata['references']>[] = [];
  readonly #turns: (RecordedTurn & { readonly items: Item[] })[] = [];
  readonly #problems: Divergence[] = [];
  #summary: CellSummary | undefined;
  #end: CellTape | undefined;
  #environment: Environment | undefined;
  #files: readonly FileRead[] | undefined;
  #error: Recording['error'];
  #isTaped = false;
  #isWhole = true;

  read(output: NotebookOutput): void {
    if (output.output_type === 'error') {
      this.#error = output;
      return;
    }
    if (output.output_type === 'stream') {
      this.#turns.at(-1)?.items.push({ kind: 'output', output });
      return;
    }
    const own = metadataSchema.safeParse(output.metadata['replique']).data;
    if (mime.turn in output.data) this.#turn(output, own);
    else if (mime.cell in output.data) this.#footer(output, own);
    else if (own?.kind === 'given' && own.references) this.#given.push(own.references);
    else if (own?.kind === 'failure' && own.problem) {
      const { ename, sentence, remedy } = own.problem;
      this.#error = { output_type: 'error', ename, evalue: sentence, traceback: [`→ ${remedy}`] };
    } else if (own?.kind === 'notice') {
      const text = textOf(output).replace(/^> /, '');
      this.#turns.at(-1)?.items.push({ kind: 'notice', text, isOfHelper: own.helper !== undefined });
    } else if (own?.kind !== 'divergence') this.#turns.at(-1)?.items.push({ kind: 'output', output });
  }

  recording(): Recording | undefined {
    return this.#isTaped ? this.all() : undefined;
  }

  /** Also where no turn was read. */
  all(): Recording {
    return {
      ...{ given: this.#given, turns: this.#turns, problems: this.#problems, isWhole: this.#isWhole },
      ...(this.#summary && { summary: this.#summary }),
      ...(this.#end && { end: this.#end }),
      ...(this.#environment && { environment: this.#environment }),
      ...(this.#files && { files: this.#files }),
      ...(this.#error && { error: this.#error }),
    };
  }

  #turn({ data }: Rich, own: RepliqueMetadata | undefined): void {
    this.#isTaped = true;
    const number = own?.turn ?? this.#turns.length + 1;
    const record = this.#parse(turnSchema, data[mime.turn], number, 'record');
    const tape = mime.tape in data ? this.#parse(turnTapeSchema, data[mime.tape], number, 'tape') : undefined;
    if (record === undefined) {
      this.#isWhole = false;
      return;
    }
    this.#turns.push({ number, record, durationMs: own?.durationMs ?? 0, tape, items: [] });
    const { helper } = record;
    if (helper !== undefined && sha256(helper.code) !== helper.hash) {
      const what = `The code of turn ${number} was changed in the notebook: its hash is not that of the code any more.`;
      this.#problems.push({
        kind: 'code',
        turn: number,
        what,
        recorded: helper.hash,
        found: sha256(helper.code),
      });
    } else if (tape !== undefined) {
      const { seal, ...rest } = tape;
      const now = sealOf(record, rest);
      if (now === seal) return;
      const what = `Turn ${number} was changed in the notebook: its seal is not that of what it holds any more.`;
      this.#problems.push({ kind: 'schema', turn: number, what, recorded: seal, found: now });
    }
  }

  #footer({ data }: Rich, own: RepliqueMetadata | undefined): void {
    const cell = this.#parse(cellSchema, data[mime.cell], undefined, 'last line');
    if (mime.tape in data) this.#end = this.#parse(cellTapeSchema, data[mime.tape], undefined, 'last line');
    if (cell !== undefined) this.#summary = summaryOf(cell, own);
    this.#environment = own?.environment;
    this.#files = own?.files;
  }

  #parse<T>(schema: z.ZodType<T>, value: unknown, turn: number | undefined, part: string): T | undefined {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const where = turn === undefined ? `The cell’s ${part}` : `The ${part} of turn ${turn}`;
    const version = (value as { version?: unknown } | null)?.version;
    const issue = parsed.error.issues[0];
    const why =
      typeof version === 'number' && version > 1
        ? `was written by a newer Replique (version ${version} of its form, and 1 is known here): \`npx replique@latest\` reads it.`
        : `is not as Replique writes it${issue && issue.path.length > 0 ? ` (at "${issue.path.join('.')}")` : ''}.`;
    const place = turn === undefined ? {} : { turn };
    this.#problems.push({ kind: 'schema', ...place, what: `${where} ${why}` });
    return undefined;
  }
}

function summaryOf({ turns, cost, ...cell }: CellData, own: RepliqueMetadata | undefined): CellSummary {
  return {
    ...{ helpers: cell.helpers, usage: cell.usage, stop: cell.stop, durationMs: own?.durationMs ?? 0 },
    turns: turns.map(({ helper, ...turn }, index) => ({
      ...turn,
      durationMs: own?.turns?.[index]?.durationMs ?? 0,
      ...(helper && { helper: { ...helper, durationMs: own?.turns?.[index]?.helperDurationMs ?? 0 } }),
    })),
    ...(cost !== undefined && { cost }),
  };
}

/** The text form of a rich output. */
export function textOf({ data }: Pick<Rich, 'data'>): string {
  const value = data['text/plain'];
  if (typeof value === 'string') return value;
  return Array.isArray(value) && value.every((line) => typeof line === 'string') ? value.join('') : '';
}
