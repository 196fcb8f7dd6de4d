import { isParametersCell } from './parameters.ts';

/** What a cell's text asks for. */
export type Cell =
  | { readonly kind: 'empty' }
  | { readonly kind: 'prompt'; readonly text: string }
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'help'; readonly topic: string }
  | { readonly kind: 'cell-magic'; readonly call: MagicCall; readonly body: string }
  | { readonly kind: 'line-magics'; readonly calls: readonly MagicCall[]; readonly prompt: string };

export interface MagicCall {
  readonly name: string;
  readonly args: string;
}

const cellMagic = /^%%([A-Za-z]\w*)[ \t]*(.*)$/;
const lineMagic = /^%([A-Za-z]\w*)[ \t]*(.*)$/;

/**
 * Reads a cell: `%%name` makes it a cell magic, leading `%name` lines are line magics (what follows them is a prompt),
 * a leading `?` asks for help, what papermill injects is Python, and everything else is a prompt.
 */
export function parseCell(source: string): Cell {
  const text = source.replace(/\r\n?/g, '\n').trim();
  if (text === '') return { kind: 'empty' };
  const lines = text.split('\n');
  const first = lines[0] ?? '';
  const asCellMagic = cellMagic.exec(first);
  if (asCellMagic) {
    return { kind: 'cell-magic', call: call(asCellMagic), body: lines.slice(1).join('\n') };
  }
  if (first.startsWith('?')) return { kind: 'help', topic: text.replace(/^\?+/, '').trim() };
  if (lineMagic.test(first)) return parseLineMagics(lines);
  if (isParametersCell(text)) return { kind: 'code', code: text };
  return { kind: 'prompt', text };
}

function parseLineMagics(lines: readonly string[]): Cell {
  const calls: MagicCall[] = [];
  let next = 0;
  for (; next < lines.length; next += 1) {
    const line = lines[next]?.trim() ?? '';
    const match = lineMagic.exec(line);
    if (match) calls.push(call(match));
    else if (line !== '') break;
  }
  return { kind: 'line-magics', calls, prompt: lines.slice(next).join('\n').trim() };
}

const call = (match: RegExpExecArray): MagicCall => ({ name: match[1] ?? '', args: (match[2] ?? '').trim() });
