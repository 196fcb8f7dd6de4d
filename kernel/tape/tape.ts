import { parseCell } from '../interpreter/cell.ts';
import type { Divergence } from '../loop/events.ts';
import { Trail } from '../loop/trail.ts';
import { isSame } from './compare/redacted.ts';
import { textDiff } from './compare/diff.ts';
import type { Notebook, NotebookCell } from './notebook.ts';
import {
  attemptsOf,
  conversationBefore,
  recordingOf,
  wordsOf,
  type RecordedAttempt,
  type Recording,
} from './recording.ts';

interface Code {
  readonly language: string;
  readonly code: string;
}

/** What the tape has for code: a cell with it, or the code that stands in its place. */
export interface FoundCode {
  readonly same?: TapeCell;
  readonly edited?: Code;
}

/** What one cell of the tape is. */
export interface TapeCell extends NotebookCell {
  readonly code?: Code;
  /** Of a prompt: absent where no model has answered it. Of several attempts at it the one that was gone on from. */
  readonly recording?: Recording;
  /** Of a prompt that was tried side by side. */
  readonly attempts?: readonly RecordedAttempt[];
}

/** What the tape has for a cell that is run now. */
export interface Match {
  readonly cell: TapeCell;
  readonly recording: Recording;
  /** How what is asked now differs from what was asked then. */
  readonly divergences: readonly Divergence[];
  /** The prompt is another one: what is recorded is no answer to it. */
  readonly isEdited: boolean;
}

/** A notebook as a tape: what is on it is found by its content, never by its place. */
export class Tape {
  readonly notebook: Notebook;
  readonly cells: readonly TapeCell[];
  /** Where the conversation stood after which cell, by its trail. */
  readonly #places = new Map<string, string>([['', 'at the beginning']]);

  constructor(notebook: Notebook) {
    this.notebook = notebook;
    this.cells = notebook.cells.map(read);
    const trail = new Trail();
    for (const cell of this.cells) {
      if (cell.code !== undefined) trail.code(cell.code.language, cell.code.code);
      else if (cell.recording?.end !== undefined) trail.follow(cell.recording.end.conversation);
      else continue;
      this.#places.set(trail.value, `after ${labelOf(cell)}`);
    }
  }

  /**
   * Finds the recording of a prompt: the one with these words in this conversation; else the one with these words; else
   * that of the cell with this id or text, or the one that went on from this conversation, whose prompt was another then.
   * @param attempt which of several attempts at it; absent: it is run once
   */
  prompt(words: string, conversation: string, id: string | undefined, attempt?: number): Match | undefined {
    const recorded = this.cells.flatMap((cell) => recordedAs(cell, attempt));
    const same = recorded.filter((cell) => isSame(recordedWords(cell), words));
    const isHere = ({ recording }: Recorded): boolean =>
      [undefined, conversation].includes(conversationBefore(recording));
    const named = recorded.find((cell) => id !== undefined && cell.id === id);
    const exact = same.filter(isHere);
    const found = exact.find((cell) => cell === named) ?? exact[0];
    if (found !== undefined) return match(found);
    const moved = same.find((cell) => cell === named) ?? same[0];
    if (moved !== undefined) return match(moved, this.#moved(moved, conversation));
    const edited =
      named ??
      recorded.find(({ source }) => promptOf(source) === words) ??
      recorded.find((cell) => conversationBefore(cell.recording) === conversation);
    return edited && match(edited, editedPrompt(edited, words), true);
  }

  /**
   * The cell with this code: of several the one with this id, or the first that was not `used` yet. Where there is none, the
   * code of the cell with this id, or of the one that comes after the cell that was played last.
   */
  code(
    { language, code }: Code,
    id: string | undefined,
    used: ReadonlySet<TapeCell>,
    last: TapeCell | undefined,
  ): FoundCode {
    const same = this.cells.filter(
      (cell) => cell.code?.language === language && cell.code.code.trim() === code.trim(),
    );
    const hasId = (cell: TapeCell): boolean => id !== undefined && cell.id === id;
    const found = same.find(hasId) ?? same.find((cell) => !used.has(cell)) ?? same[0];
    if (found) return { same: found };
    const after = this.cells.slice(last === undefined ? 0 : this.cells.indexOf(last) + 1);
    const next = after.find((cell) => cell.code !== undefined || cell.recording !== undefined);
    const edited = this.cells.find(hasId)?.code ?? next?.code;
    return edited ? { edited } : {};
  }

  #moved(cell: Recorded, conversation: string): Divergence {
    const place = (trail: string): string =>
      this.#places.get(trail) ?? 'after cells that are not on the tape as they were run';
    return {
      kind: 'request',
      what: `This prompt was recorded in another conversation: other cells, or other results, went before it.`,
      recorded: place(conversationBefore(cell.recording) ?? ''),
      found: place(conversation),
    };
  }
}

/** A cell with the recording that is looked at. */
type Recorded = TapeCell & { readonly recording: Recording; readonly itself: TapeCell };

/** The cell with its recording, where it was run so. */
function recordedAs(cell: TapeCell, attempt: number | undefined): readonly Recorded[] {
  const recording = attempt === undefined ? cell.recording : cell.attempts?.[attempt]?.recording;
  const isTried = cell.attempts !== undefined;
  return recording === undefined || isTried !== (attempt !== undefined)
    ? []
    : [{ ...cell, recording, itself: cell }];
}

/** The prompt that was answered: versions that kept no tape left it in the cell alone. */
const recordedWords = ({ recording, source }: Recorded): string =>
  wordsOf(recording) ?? promptOf(source) ?? source.trim();

const match = (cell: Recorded, divergence?: Divergence, isEdited = false): Match => ({
  ...{ cell: cell.itself, recording: cell.recording, isEdited },
  divergences: [...(divergence ? [divergence] : []), ...cell.recording.problems],
});

function editedPrompt(cell: Recorded, words: string): Divergence {
  const recorded = recordedWords(cell);
  return {
    kind: 'request',
    what: 'The prompt is not the recorded one.',
    ...{ recorded, found: words },
    diff: textDiff(recorded, words),
  };
}

function read(cell: NotebookCell): TapeCell {
  const parsed = parseCell(cell.source);
  if (parsed.kind === 'code') return { ...cell, code: { language: 'python', code: parsed.code } };
  if (parsed.kind === 'cell-magic' && ['python', 'bash'].includes(parsed.call.name)) {
    return { ...cell, code: { language: parsed.call.name, code: parsed.body } };
  }
  const attempts = attemptsOf(cell);
  if (attempts.length > 0) {
    const all = attempts.map(({ recording }) => recording);
    const recording = all.find(({ turns }) => turns.at(-1)?.record.final === true) ?? all[0];
    return { ...cell, attempts, ...(recording && { recording }) };
  }
  const recording = recordingOf(cell);
  return { ...cell, ...(recording && { recording }) };
}

/** The words of a cell that is a prompt, also after line magics. */
function promptOf(source: string): string | undefined {
  const cell = parseCell(source);
  if (cell.kind === 'prompt') return cell.text;
  return cell.kind === 'line-magics' ? cell.prompt : undefined;
}

const mostLabel = 60;

/** How a cell is called in a sentence. */
function labelOf({ number, source }: Pick<NotebookCell, 'number' | 'source'>): string {
  const line = source.trim().replaceAll(/\s+/g, ' ');
  return `cell ${number} (${line.length > mostLabel ? `${line.slice(0, mostLabel - 1)}…` : line})`;
}
