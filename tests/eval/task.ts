import type { Random } from '../fuzz/random.ts';
import { hasNumber, numbersIn } from '../support/numbers.ts';

/** What came of a task's prompts. */
export interface Ran {
  /** The final answer to each prompt; `undefined` where there was none. */
  readonly answers: readonly (string | undefined)[];
  /** All that helpers printed or showed. */
  readonly shown: string;
  /** The text of a file of the workspace; `undefined` where there is none. */
  readonly file: (name: string) => string | undefined;
  /** What code prints that is run in the session after the last prompt. */
  readonly python: (code: string) => Promise<string>;
}

/** What a good model would do at one prompt, to prove that the task can be done and its checker sees it. */
export interface Solution {
  readonly code: string;
  readonly answer: string;
}

interface Made {
  /** By name, with folders. */
  readonly files: Readonly<Record<string, string>>;
  /** Prompts, one after another, in one session. */
  readonly prompts: readonly string[];
  /** Says what is wrong; `undefined` where the task was done. */
  readonly check: (ran: Ran) => string | undefined | Promise<string | undefined>;
  readonly solution: readonly Solution[];
}

/** A task of several steps with its files, made anew from a seed, and its checker. */
export interface Task {
  readonly name: string;
  readonly make: (random: Random) => Made;
}

/** The last answer must say the numbers, and a helper must have found those that are `computed`. */
export function saysNumbers(ran: Ran, numbers: readonly number[], computed = numbers): string | undefined {
  const answer = ran.answers.at(-1);
  if (answer === undefined) return 'no final answer';
  const unseen = computed.filter((number) => !hasNumber(numbersIn(ran.shown), number));
  if (unseen.length > 0) return `no helper found ${unseen.join(', ')}`;
  const unsaid = numbers.filter((number) => !hasNumber(numbersIn(answer), number));
  return unsaid.length > 0 ? `the answer does not say ${unsaid.join(', ')}: ${answer}` : undefined;
}

/** The last answer must name the right one of several names, and no other. */
export function saysName(ran: Ran, name: string, names: readonly string[]): string | undefined {
  const answer = ran.answers.at(-1);
  if (answer === undefined) return 'no final answer';
  const named = names.filter((each) => new RegExp(`\\b${each}\\b`, 'i').test(answer));
  const [only] = named;
  return named.length === 1 && only === name
    ? undefined
    : `the answer names ${named.join(', ') || 'none'}, not ${name}: ${answer}`;
}

/** The first problem there is. */
export const firstOf = (...problems: readonly (string | undefined)[]): string | undefined =>
  problems.find((problem) => problem !== undefined);

export const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
export const mean = (numbers: readonly number[]): number => sum(numbers) / numbers.length;
export const cents = (number: number): number => Math.round(number * 100) / 100;

/** The key with the largest value. */
export function largest(values: ReadonlyMap<string, number>): string {
  return [...values].sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}

/** `count` things made by number. */
export const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

export const csv = (header: string, rows: readonly (readonly (string | number)[])[]): string =>
  `${[header, ...rows.map((row) => row.join(','))].join('\n')}\n`;

/** Adds up by key. */
export function totals(pairs: readonly (readonly [string, number])[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const [key, value] of pairs) found.set(key, (found.get(key) ?? 0) + value);
  return found;
}
