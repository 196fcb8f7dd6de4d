import { isWellFormed, JsonBytes } from '../../../http/json-bytes.ts';
import { Lines, linesOf } from './lines.ts';

/**
 * A notebook as nbformat writes it: keys in order, an indent of one. It comes in pieces.
 * @param notebook with `Lines` for texts that are lists of lines
 */
export function fileBytes(notebook: Readonly<Record<string, unknown>>): readonly Buffer[] {
  const out = new JsonBytes();
  write(out, notebook, '');
  out.raw('\n');
  return out.pieces();
}

function write(out: JsonBytes, value: unknown, pad: string): void {
  if (typeof value === 'string') out.text(value);
  else if (typeof value !== 'object' || value === null) out.raw(JSON.stringify(value));
  else if (value instanceof Lines) writeLines(out, value.text, pad);
  else if (Array.isArray(value)) {
    writeList(out, '[]', pad, value, (each, inner) => write(out, each, inner));
  } else {
    const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    writeList(out, '{}', pad, entries, ([key, each], inner) => {
      out.raw(`${JSON.stringify(key)}: `);
      write(out, each, inner);
    });
  }
}

function writeList<T>(
  out: JsonBytes,
  [open, close]: string,
  pad: string,
  items: readonly T[],
  writeItem: (item: T, inner: string) => void,
): void {
  if (items.length === 0) {
    out.raw(`${open}${close}`);
    return;
  }
  const inner = `${pad} `;
  for (const [index, item] of items.entries()) {
    out.raw(`${index === 0 ? open : ','}\n${inner}`);
    writeItem(item, inner);
  }
  out.raw(`\n${pad}${close}`);
}

function writeLines(out: JsonBytes, text: string, pad: string): void {
  if (text === '' || !isWellFormed(text)) {
    writeList(out, '[]', pad, linesOf(text), (line) => out.raw(JSON.stringify(line)));
    return;
  }
  const inner = `\n${pad} `;
  out.raw(`[${inner}`);
  out.lines(text, `,${inner}`);
  out.raw(`\n${pad}]`);
}
