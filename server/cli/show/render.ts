import { showInvisible } from '../../../kernel/output/firewall/invisible.ts';
import { filterTerminal, stripTerminal } from '../../../kernel/output/firewall/terminal.ts';
import { plural } from '../../../kernel/output/format.ts';
import { pixelsOf } from '../notebook/images.ts';
import { countOf, outputsOf } from '../notebook/outputs.ts';
import type { SavedOutput } from '../notebook/outputs.ts';
import type { Cell, Notebook } from '../notebook/schema.ts';
import { formatBytes } from '../terminal/format.ts';
import { wrapped } from './wrap.ts';

export interface ShowOptions {
  /** Columns; lines of prose are no longer. */
  readonly width: number;
  readonly colours: boolean;
}

/** A saved notebook as text for a terminal, cell by cell. Nothing in it steers the terminal. */
export function* renderNotebook({ cells }: Notebook, options: ShowOptions): Generator<string> {
  for (const [index, cell] of cells.entries()) {
    const rendered = renderCell(cell, options);
    if (rendered !== '') yield `${index === 0 ? '' : '\n'}${rendered}\n`;
  }
}

function renderCell(cell: Cell, options: ShowOptions): string {
  const source = showInvisible(stripTerminal(cell.source)).trimEnd();
  if (cell.cell_type !== 'code') return wrapped(source, options.width);
  const label = `In [${countOf(cell) ?? ' '}]: `;
  const indent = ' '.repeat(label.length);
  const prompt = wrapped(source, options.width - label.length).replaceAll('\n', `\n${indent}`);
  const heading = bold(`${label}${prompt}`, options);
  return [heading, ...outputsOf(cell).map((output) => renderOutput(output, options))].join('\n').trimEnd();
}

const bold = (text: string, { colours }: ShowOptions): string =>
  colours ? `\u001b[1m${text}\u001b[22m` : text;

function renderOutput(output: SavedOutput, options: ShowOptions): string {
  const safe = (text: string): string => safeText(text, options).replace(/\n+$/, '');
  if (output.output_type === 'stream') return safe(output.text);
  if (output.output_type === 'error') {
    return safe(output.traceback.join('\n') || `${output.ename}: ${output.evalue}`);
  }
  const count = output.output_type === 'execute_result' ? `Out[${output.execution_count ?? ' '}]: ` : '';
  const isProse = 'text/markdown' in output.data;
  const text = textOf(output.data);
  const shown = text === undefined ? [] : [isProse ? wrapped(safe(text), options.width) : safe(text)];
  const images = Object.entries(output.data).flatMap(([type, value]) => placeholder(type, value));
  const parts = [...shown, ...images];
  if (parts.length === 0)
    parts.push(`[${plural(Object.keys(output.data).length, 'output')} without a text form]`);
  return `${count}${parts.join('\n')}`;
}

function textOf(data: Readonly<Record<string, unknown>>): string | undefined {
  const text = data['text/plain'] ?? data['text/markdown'];
  return typeof text === 'string' ? text : undefined;
}

function placeholder(type: string, value: unknown): string[] {
  const name = /^image\/[\w.+-]{1,40}$/.exec(type)?.[0];
  if (name === undefined || typeof value !== 'string') return [];
  const isText = name === 'image/svg+xml';
  const bytes = isText
    ? Buffer.byteLength(value)
    : Math.floor((value.replaceAll(/\s|=/g, '').length * 3) / 4);
  const pixels = isText ? undefined : pixelsOf(value);
  return [`[${[name, ...(pixels === undefined ? [] : [pixels]), formatBytes(bytes)].join(', ')}]`];
}

/** Of a line that a carriage return began anew, what was to be seen last. */
const rewritten = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => line.split('\r').findLast((part) => part !== '') ?? '')
    .join('\n');

function safeText(text: string, { colours }: ShowOptions): string {
  const last = rewritten(text);
  const shown = colours ? filterTerminal(last).replaceAll('\b', '') : stripTerminal(last);
  const closed = colours && shown.includes('\u001b') ? `${shown}\u001b[0m` : shown;
  return showInvisible(closed);
}
