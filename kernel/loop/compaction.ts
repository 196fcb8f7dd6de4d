import type { ChatImage } from '../providers/contract.ts';
import { bound } from './escape.ts';

/** A piece of a user message. Results may be shortened when the context gets tight; the user's words stay. */
export interface Part {
  readonly kind: 'words' | 'result' | 'note';
  text: string;
  /** Of a result, for a model that sees. */
  images?: readonly ChatImage[] | undefined;
  /** What is left of an older cell beside its words. */
  readonly isDigest?: boolean | undefined;
  /** The notebook's cell that it belongs to, by the kernel's name of it. */
  readonly of?: string | undefined;
}

export interface Entry {
  readonly role: 'user' | 'assistant';
  /** Number of the last cell that added to it: whole cells are summarised together. */
  cell: number;
  readonly parts: Part[];
}

/** Stores a text; returns the path at which helpers find it, or undefined where it is not stored. */
export type Keep = (text: string) => string | undefined;

const shortResult = 260;
const shortAnswer = 240;
const shortWords = 400;
/** What an image weighs beside text. */
const charsOfImage = 2500;
const block = /<helpers\b[^]*?<\/helpers>/g;

/** Shortens results in these entries that are longer than a short one, and takes their images away; how many there were. */
export function shortenResults(entries: readonly Entry[], keep: Keep): number {
  const long = longResults(entries);
  for (const part of long) {
    if (isLong(part)) part.text = shorten(part.text, keep);
    part.images = undefined;
  }
  return long.length;
}

/** Characters of results in these entries that could be shortened. */
export const longChars = (entries: readonly Entry[]): number =>
  longResults(entries).reduce(
    (sum, { text, images = [] }) => sum + text.length + images.length * charsOfImage,
    0,
  );

const longResults = (entries: readonly Entry[]): readonly Part[] =>
  entries.flatMap(({ parts }) =>
    parts.filter((part) => part.kind === 'result' && (isLong(part) || part.images !== undefined)),
  );

const isLong = ({ text }: Part): boolean => text.length > shortResult * 1.5;

/**
 * Leaves of everything up to a cell the user's words and how they were answered, at the beginning of the cell after it.
 * The same entries where there is none after it.
 */
export function digest(entries: readonly Entry[], cell: number): readonly Entry[] {
  const next = entries.findIndex((entry) => entry.cell > cell && entry.role === 'user');
  const first = entries[next];
  if (first === undefined) return entries;
  const old = entries.slice(0, next);
  const words = old
    .filter(({ role }) => role === 'user')
    .flatMap(({ parts }) => parts.filter(({ kind, isDigest }) => kind === 'words' || isDigest === true));
  const answered = old.findLast(({ role }) => role === 'assistant')?.parts.at(-1);
  const answer = answered?.text.replace(block, '').trim();
  const said =
    answer === undefined || answer === ''
      ? 'You did not answer this in words.'
      : `You answered: ${bound(answer, shortAnswer)}`;
  const left: Part = { kind: 'note', text: said, isDigest: true, of: answered?.of };
  return [{ ...first, parts: [...words, left, ...first.parts] }, ...entries.slice(next + 1)];
}

/** Shortens the user's words but the newest, where there is no other way; how many there were. */
export function shortenWords(entries: readonly Entry[]): number {
  const long = entries
    .flatMap(({ role, parts }) => (role === 'user' ? parts.filter(({ kind }) => kind === 'words') : []))
    .slice(0, -1)
    .filter(({ text }) => text.length > shortWords * 1.5);
  for (const part of long) part.text = bound(part.text, shortWords);
  return long.length;
}

/** Head and tail of an old result, still one well-formed block. */
function shorten(text: string, keep: Keep): string {
  const [first = '', ...rest] = text.split('\n');
  const body = (rest.at(-1) === '</result>' ? rest.slice(0, -1) : rest).join('\n');
  const known = /^\[all of it is in the file ".*"\]$/m.exec(body)?.[0];
  const path = known === undefined ? keep(body) : undefined;
  const where =
    known ?? (path === undefined ? undefined : `[all of it is in the file ${JSON.stringify(path)}]`);
  return [first, bound(body, shortResult), ...(where === undefined ? [] : [where]), '</result>'].join('\n');
}
