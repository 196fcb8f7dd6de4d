import { NotebookProblem, isObject, type Json, type Notebook } from './structure.ts';

/** A text that is kept in a file as the list of its lines. */
export class Lines {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): string {
    return this.text;
  }
}

/** Of which the text is kept in lines besides `text/*`. */
const textTypes = new Set(['application/javascript', 'image/svg+xml']);

/** Texts of a notebook as single strings, as clients get them (nbformat's `rejoin_lines`). @throws NotebookProblem */
export function joinLines({ cells }: Notebook): void {
  for (const cell of cells) {
    if (Array.isArray(cell['source'])) cell['source'] = joined(cell['source']);
    for (const bundle of bundlesOf(cell)) {
      for (const [type, value] of Object.entries(bundle)) {
        if (!isJsonType(type) && Array.isArray(value) && isText(value)) set(bundle, type, value.join(''));
      }
    }
    if (cell['cell_type'] !== 'code') continue;
    for (const output of cell.outputs ?? []) {
      const isPlain = Boolean(output['output_type']) && !hasData(output);
      if (isPlain && Array.isArray(output['text'])) output['text'] = joined(output['text']);
    }
  }
}

/** Marks the texts of a notebook that are kept in files as lists of lines (nbformat's `split_lines`). */
export function markLines({ cells }: Notebook): void {
  for (const cell of cells) {
    if (typeof cell['source'] === 'string') cell['source'] = new Lines(cell['source']);
    for (const bundle of bundlesOf(cell)) {
      for (const [type, value] of Object.entries(bundle)) {
        if (typeof value !== 'string') continue;
        if (type.startsWith('text/') || textTypes.has(type)) set(bundle, type, new Lines(value));
      }
    }
    if (cell['cell_type'] !== 'code') continue;
    for (const output of cell.outputs ?? []) {
      const { output_type: type, text } = output;
      if (type === 'stream' && typeof text === 'string') output['text'] = new Lines(text);
    }
  }
}

/** Where Python's `str.splitlines` cuts, besides `\n`. */
const rareEnds = /[\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
const ends = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g;

/** With their ends. */
export function linesOf(text: string): string[] {
  const lines: string[] = [];
  let start = 0;
  const cut = (end: number): void => {
    lines.push(text.slice(start, end));
    start = end;
  };
  if (rareEnds.test(text)) for (const { index, 0: end } of text.matchAll(ends)) cut(index + end.length);
  else for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', start)) cut(at + 1);
  if (start < text.length) cut(text.length);
  return lines;
}

function bundlesOf(cell: Json): Json[] {
  const attached = Object.values((cell['attachments'] ?? {}) as Json).filter(isObject);
  if (cell['cell_type'] !== 'code') return attached;
  const outputs = ((cell['outputs'] ?? []) as Json[]).filter(hasData);
  return [...attached, ...outputs.map(({ data }) => data).filter(isObject)];
}

const hasData = ({ output_type: type }: Json): boolean =>
  type === 'execute_result' || type === 'display_data';

export const isJsonType = (type: string): boolean =>
  type === 'application/json' || (type.startsWith('application/') && type.endsWith('+json'));

const isText = (lines: readonly unknown[]): boolean => lines.every((line) => typeof line === 'string');

/** @throws NotebookProblem */
function joined(lines: readonly unknown[]): string {
  if (!isText(lines)) throw new NotebookProblem('a text in it is a list of other things than lines');
  return lines.join('');
}

/** Also of a key that means something to prototypes. */
const set = (object: Json, key: string, value: unknown): void => {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
};
