import { Lines, linesOf } from './lines.ts';

/** Where Python's `str.splitlines` cuts besides `\n`, and what JSON writes with a backslash, which could be taken for an end. */
const unusual = /[\r\v\f\x1c-\x1e\x85\u2028\u2029\\]/;

/**
 * A notebook as nbformat writes it: keys in order, an indent of one. It comes in pieces, one a cell.
 * @param notebook with `Lines` for texts that are lists of lines
 */
export function fileText(notebook: Readonly<Record<string, unknown>>): string[] {
  const keys = Object.keys(notebook).sort();
  const pieces = ['{'];
  for (const [index, key] of keys.entries()) {
    const value = notebook[key];
    pieces.push(`${index === 0 ? '' : ','}\n ${JSON.stringify(key)}: `);
    if (!Array.isArray(value) || value.length === 0) {
      pieces.push(jsonOf(value, ' '));
      continue;
    }
    for (const [at, each] of value.entries()) pieces.push(at === 0 ? '[\n  ' : ',\n  ', jsonOf(each, '  '));
    pieces.push('\n ]');
  }
  return [...pieces, '\n}\n'];
}

function jsonOf(value: unknown, pad: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (value instanceof Lines) return lineList(value.text, `${pad} `, pad);
  const inner = `${pad} `;
  if (Array.isArray(value)) {
    return list(
      '[',
      value.map((each) => jsonOf(each, inner)),
      ']',
      pad,
    );
  }
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return list(
    '{',
    entries.map(([key, each]) => `${JSON.stringify(key)}: ${jsonOf(each, inner)}`),
    '}',
    pad,
  );
}

const list = (open: string, items: readonly string[], close: string, pad: string): string =>
  items.length === 0 ? open + close : `${open}\n${pad} ${items.join(`,\n${pad} `)}\n${pad}${close}`;

/** Of most texts all is written at once, and cut where JSON has written an end of a line. */
function lineList(text: string, inner: string, pad: string): string {
  if (text === '') return '[]';
  if (unusual.test(text))
    return list(
      '[',
      linesOf(text).map((line) => JSON.stringify(line)),
      ']',
      pad,
    );
  const isEnded = text.endsWith('\n');
  const written = JSON.stringify(isEnded ? text.slice(0, -1) : text);
  const cut = written.replaceAll('\\n', `\\n",\n${inner}"`);
  return `[\n${inner}${isEnded ? `${cut.slice(0, -1)}\\n"` : cut}\n${pad}]`;
}
