import { basename } from 'node:path';
import type { Asks, SessionCell, Turn } from '../notebook/session.ts';
import { sessionOf } from '../notebook/session.ts';
import { pythonString } from '../run/parameters.ts';
import type { Format } from './contract.ts';
import type { Need } from './py-header.ts';
import { comment, scriptHeader } from './py-header.ts';
import { awaitsOutsideFunctions, futures, plainPython } from './python-code.ts';

/** All code of a session, one's own and the helpers', as a script that runs by itself. */
export const py: Format = {
  write: ({ path, notebook }) => {
    const pieces = inOrder(sessionOf(notebook)).flatMap(piecesOf);
    const header = scriptHeader(basename(path), new Set(pieces.flatMap(({ needs }) => needs)));
    return `${[header, ...pieces.map((piece) => piece.text)].join('\n\n\n')}\n`;
  },
};

/** By their numbers, as they ran; a cell without one stays behind the one before it. */
function inOrder(cells: readonly SessionCell[]): SessionCell[] {
  let last = 0;
  const numbered = cells.map((cell) => ({ cell, at: (last = cell.count ?? last) }));
  return numbered.toSorted((a, b) => a.at - b.at).map(({ cell }) => cell);
}

interface Piece {
  readonly text: string;
  readonly needs: readonly Need[];
}

/** How code ended in the session. What was stopped is not run again: it might not end. */
type Ending = 'ok' | 'failed' | 'stopped' | 'not run';

function piecesOf(cell: SessionCell, at: number, all: readonly SessionCell[]): Piece[] {
  const label = `In [${cell.count ?? ' '}]`;
  const { asks } = cell;
  const failed = cell.error?.ename === 'KeyboardInterrupt' ? 'stopped' : cell.error ? 'failed' : 'ok';
  if (asks.kind === 'empty' || asks.kind === 'help') return [];
  if (asks.kind === 'code') return [code('python', asks.code, label, failed)];
  if (asks.kind === 'cell-magic') return [ownCode(label, asks, failed)];
  const helpers = cell.turns.flatMap((turn) => helperPiece(turn, label));
  const unreadable = `${cell.unreadable} turns of a newer format are left out here.`;
  return [
    text(comment(`${label}: ${cell.source.trim()}`)),
    ...helpers,
    ...(cell.unreadable > 0 ? [text(comment(unreadable))] : []),
    ...answerOf(cell, all.slice(at + 1)),
  ];
}

function helperPiece({ helper, number }: Turn, label: string): Piece[] {
  if (!helper) return [];
  const endings: Readonly<Record<string, Ending>> = { ok: 'ok', error: 'failed' };
  const wasRun = !/^Not run \(/.test(helper.text);
  const ending = wasRun ? (endings[helper.status] ?? 'stopped') : 'not run';
  return [code(helper.lang, helper.code, `${label}, helper of turn ${number}`, ending)];
}

const text = (lines: readonly string[]): Piece => ({ text: lines.join('\n'), needs: [] });

function ownCode(
  label: string,
  { call, body }: Extract<Asks, { kind: 'cell-magic' }>,
  ending: Ending,
): Piece {
  if (call.name === 'python' || call.name === 'bash') return code(call.name, body, label, ending);
  return text([...comment(label), ...comment(`%%${call.name} ${call.args}\n${body}`)]);
}

function code(lang: string, source: string, label: string, ending: Ending): Piece {
  if (ending === 'stopped' || ending === 'not run') {
    return text([
      ...comment(`${label} (was ${ending === 'stopped' ? 'stopped' : 'not run'})`),
      ...comment(source),
    ]);
  }
  const call = (name: string, argument: string): string =>
    [...comment(label), `${name}(${literal(argument)})`].join('\n');
  if (lang === 'bash') return { text: call('_bash', source), needs: ['bash'] };
  if (lang !== 'python')
    return text([...comment(`${label}, in ${lang}, which this script can't run`), ...comment(source)]);
  const plain = plainPython(source);
  const needs: Need[] = [...futures(source), ...(/\bdisplay\s*\(/.test(plain) ? (['display'] as const) : [])];
  if (ending === 'failed') return { text: call('_failing', plain), needs: [...needs, 'failing'] };
  if (awaitsOutsideFunctions(plain)) return { text: call('_awaiting', plain), needs: [...needs, 'awaiting'] };
  return { text: [...comment(label), plain].join('\n'), needs };
}

/** Code as a Python literal of as many lines, where that is readable. */
function literal(source: string): string {
  const isPlain = !/'''|\\|[^\P{C}\n\t]|\u2028|\u2029/u.test(source) && !/^'|'$/.test(source);
  return isPlain ? `'''${source}'''` : pythonString(source);
}

/** The answer, as `_` and `Out[n]`, where later code uses it. */
function answerOf(cell: SessionCell, later: readonly SessionCell[]): Piece[] {
  const answer = cell.turns.find(({ data }) => data.final)?.data.text;
  if (answer === undefined || !later.flatMap(codesOf).some(usesAnswers)) return [];
  const target = cell.count === undefined ? '_' : `_ = Out[${cell.count}]`;
  return [{ text: `${target} = ${pythonString(answer)}`, needs: ['answers'] }];
}

const usesAnswers = (source: string): boolean => /\bOut\s*\[|(?<![\w.])_(?!\w)/.test(source);

function codesOf({ asks, turns }: SessionCell): string[] {
  const own = asks.kind === 'cell-magic' ? [asks.body] : asks.kind === 'code' ? [asks.code] : [];
  return [...own, ...turns.flatMap(({ helper }) => helper?.code ?? [])];
}
