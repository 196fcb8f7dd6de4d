import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasNumber as has, numbersIn } from './numbers.ts';

/** What the right answers to the quickstart's five prompts are, computed from its files. */
export interface Expected {
  /** Numbers that must stand in a helper's result and, unless `region` is asked for, in the answer. */
  readonly numbers: readonly number[];
  /** A name that must stand in the answer. */
  readonly region?: string;
}

export function expectedAnswers(directory: string): Readonly<Record<string, Expected>> {
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
  const lines = (name: string): string[] => read(name).trim().split('\n');
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  const notes = readdirSync(join(directory, 'notes'));
  const words = sum(notes.map((name) => read(join('notes', name)).trim().split(/\s+/).length));
  const totals = new Map<string, number>();
  for (const line of lines('sales.csv').slice(1)) {
    const [, region = '', amount = ''] = line.split(',');
    totals.set(region, (totals.get(region) ?? 0) + Number(amount));
  }
  const [largest = ['', 0], ...others] = [...totals].sort((a, b) => b[1] - a[1]);
  const smallest = others.at(-1)?.[1] ?? 0;
  return {
    count: { numbers: [notes.length, words] },
    compute: { numbers: [sum(lines('numbers.txt').map(Number))] },
    table: { numbers: [largest[1]], region: largest[0] },
    mend: { numbers: [sum(lines('readings.txt').map(Number))] },
    follow: { numbers: [largest[1] - smallest] },
  };
}

interface Output {
  readonly output_type: string;
  readonly text?: string | readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
  readonly metadata?: { readonly replique?: Readonly<Record<string, unknown>> };
}

export interface Cell {
  readonly id: string;
  readonly cell_type: string;
  readonly outputs?: readonly Output[];
}

interface TurnRecord {
  readonly provider: string;
  readonly model: string;
  readonly text: string;
  readonly final: boolean;
}

/** The turns that a cell recorded. */
export const turnsOf = (cell: Cell): readonly TurnRecord[] =>
  (cell.outputs ?? []).flatMap(({ data }) => {
    const record = data?.['application/vnd.replique.turn+json'];
    return record === undefined ? [] : [record as TurnRecord];
  });

/** Everything that helpers printed or showed in a cell, as text. */
function helperText(cell: Cell): string {
  return (cell.outputs ?? [])
    .filter(({ output_type, data, metadata }) => {
      const isHelpers = metadata?.replique?.['helper'] !== undefined;
      return output_type === 'stream' || (isHelpers && data !== undefined);
    })
    .map(({ text, data }) => joined(text ?? data?.['text/plain']))
    .join('\n');
}

const joined = (text: unknown): string =>
  Array.isArray(text) ? text.join('') : typeof text === 'string' ? text : '';

/** Why a cell's answer is wrong, or `undefined` where it is right. */
export function problemWith(cell: Cell, expected: Expected): string | undefined {
  const answer = turnsOf(cell).find(({ final }) => final)?.text;
  if (answer === undefined) return 'it has no final answer';
  const shown = numbersIn(helperText(cell));
  const missing = expected.numbers.filter((number) => !has(shown, number));
  if (missing.length > 0) return `no helper's result holds ${missing.join(', ')}`;
  if (expected.region !== undefined) {
    const named = largestNamed(answer);
    return named === expected.region
      ? undefined
      : `the answer names ${named ?? 'no one region'} instead of ${expected.region}: ${answer}`;
  }
  const unsaid = expected.numbers.filter((number) => !has(numbersIn(answer), number));
  return unsaid.length > 0 ? `the answer does not say ${unsaid.join(', ')}: ${answer}` : undefined;
}

const regions = /\b(?:North|South|East|West)\b/g;

/**
 * The region that an answer gives as the largest: the only one it names, or the only one in the sentences that speak of
 * the largest. An answer that lists several there has not answered.
 */
function largestNamed(answer: string): string | undefined {
  const only = (text: string): string | undefined => {
    const named = new Set(text.match(regions));
    return named.size === 1 ? [...named][0] : undefined;
  };
  const claims = answer.split(/(?<=[.!?])\s+|\n+/).filter((part) => /largest|highest|most/i.test(part));
  return claims.length > 0 ? only(claims.join(' ')) : only(answer);
}
