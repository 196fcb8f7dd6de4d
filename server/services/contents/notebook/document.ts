import { isUtf8 } from 'node:buffer';
import { decodeUtf8 } from '../../../http/utf8.ts';
import { fileBytes } from './file-text.ts';
import { isAsJoined, joinedText, type JoinedText } from './joined-text.ts';
import { joinLines, markLines } from './lines.ts';
import {
  NotebookProblem,
  asNotebook,
  isObject,
  repairIds,
  stripTransient,
  type Notebook,
} from './structure.ts';
import { upgraded } from './upgrade.ts';
import { notebookProblem } from './validate.ts';

/** A notebook that could be read; `problem` says where it is not what its format asks for. */
export interface ReadNotebook {
  readonly notebook: Notebook;
  readonly problem: string | undefined;
  /** The same as JSON, where there is nothing in the notebook but what the file says. */
  readonly text?: JoinedText;
}

/**
 * Reads a notebook's file, as nbformat does: older ones become format 4, texts are joined, cells get the ids that they lack.
 * @throws NotebookProblem where it can't be read
 */
export function readNotebook(bytes: Buffer): ReadNotebook {
  const { value, text } = parsed(bytes);
  if (!isObject(value)) throw new NotebookProblem('it is no JSON object');
  const { nbformat } = value;
  if (nbformat !== 3 && nbformat !== 4) throw new NotebookProblem(unsupported(nbformat));
  const notebook = asNotebook(nbformat === 3 ? upgraded(value) : value);
  joinLines(notebook);
  const isStripped = nbformat === 4 && stripTransient(notebook);
  const isRepaired = repairIds(notebook);
  const isSame = text?.slots?.length === notebook.cells.length && !isStripped && !isRepaired;
  return { notebook, problem: notebookProblem(notebook), ...(isSame && { text }) };
}

/** A notebook as it goes into its file. */
export interface WrittenNotebook {
  /** Its bytes, one piece after the other. */
  readonly pieces: readonly Buffer[];
  readonly problem: string | undefined;
}

/**
 * What to write for a notebook that a client sends: keys sorted, texts in lines, an indent of one, as nbformat writes, so that
 * versions can be compared line by line. The value is changed.
 * @param change makes it another one before it is written
 * @throws NotebookProblem where it is no notebook of format 4
 */
export function writeNotebook(
  value: unknown,
  change: (notebook: Notebook) => void = () => undefined,
): WrittenNotebook {
  const notebook = asNotebook(value);
  repairIds(notebook);
  change(notebook);
  const problem = notebookProblem(notebook);
  stripTransient(notebook);
  markLines(notebook);
  return { pieces: fileBytes(notebook), problem };
}

/** A new notebook. */
export const emptyNotebook = (): object => ({ cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 });

interface Parsed {
  readonly value: unknown;
  /** With joined lines, where these could be joined before it was parsed. */
  readonly text?: JoinedText;
}

/** @throws NotebookProblem */
function parsed(bytes: Buffer): Parsed {
  if (!isUtf8(bytes)) throw new NotebookProblem('it is not encoded in UTF-8');
  try {
    const text = joinedText(bytes);
    const value: unknown = text && JSON.parse(decodeUtf8(text.bytes));
    return text && isAsJoined(value) ? { value, text } : { value: JSON.parse(decodeUtf8(bytes)) };
  } catch {
    throw new NotebookProblem(
      bytes.length === 0 ? 'the file is empty' : 'it does not appear to be JSON, or is cut off',
    );
  }
}

const unsupported = (version: unknown): string =>
  version === undefined
    ? 'it does not say which nbformat it has'
    : `its nbformat is ${JSON.stringify(version).slice(0, 40)}; 3 and 4 can be read`;
