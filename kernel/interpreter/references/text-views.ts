import { humanSize } from '../../sandbox/files/words.ts';
import type { Excerpt } from '../../sandbox/files/excerpt.ts';
import type { View } from './contract.ts';

/** What a file is seen through: its excerpt as text. */
export interface TextFile {
  readonly excerpt: Excerpt;
  readonly head: string;
  readonly tail: string;
  /** All that may be shown of it, in characters. */
  readonly room: number;
}

type Seen = Omit<View, 'image'>;

const fewRows = 10;

/** A text: all of it, or its beginning and its end. */
export function textView({ excerpt, head, tail, room }: TextFile): Seen {
  const { size } = excerpt;
  const what = `${linesOf(excerpt)}, ${humanSize(size)}`;
  if (size === excerpt.head.length && head.length <= room) {
    return { what, title: `text of ${what}, all of it`, text: head, isSeen: true };
  }
  const end = tail === '' ? head : tail;
  const first = wholeLines(head.slice(0, Math.floor(room * 0.6)), 'start');
  const last = wholeLines(end.slice(-Math.floor(room * 0.3)), 'end');
  const shown = Math.min(size, Buffer.byteLength(first) + Buffer.byteLength(last));
  const text = `${first}\n[… ${humanSize(size - shown)} left out …]\n${last}`;
  const part = `its beginning and its end, ${humanSize(shown)}`;
  return { what: `${what}; ${part}`, title: `text of ${what}; only ${part}`, text, isSeen: true };
}

/** A table in text: its header, the first rows, and how many there are. */
export function tableView(file: TextFile): Seen {
  const { excerpt, head, room } = file;
  const rows = Math.max(0, excerpt.rows - 1);
  const counted =
    excerpt.counted < excerpt.size
      ? `more than ${grouped(rows)} rows`
      : `${grouped(rows)} ${rows === 1 ? 'row' : 'rows'}`;
  const what = `${counted}, ${humanSize(excerpt.size)}`;
  if (excerpt.size === excerpt.head.length && head.length <= Math.min(room, 1500)) {
    return { what, title: `a table of ${what}, all of it`, text: head, isSeen: true };
  }
  const ends = rowEnds(head.slice(0, room), fewRows + 1);
  const shown = head.slice(0, ends.at(-1) ?? room);
  const first = Math.max(0, ends.length - 1);
  const part = `its header and the first ${first} rows`;
  return {
    what: `${what}; ${part}`,
    title: `a table of ${what}; only ${part}`,
    text: shown,
    isSeen: true,
    isPart: true,
  };
}

const grouped = (count: number): string => count.toLocaleString('en');

function linesOf({ lines, counted, size }: Excerpt): string {
  const count = `${grouped(lines)} ${lines === 1 ? 'line' : 'lines'}`;
  return counted < size ? `more than ${count}` : count;
}

/** Where the first rows of a table end; a row in quotes may have several lines. */
function rowEnds(text: string, most: number): readonly number[] {
  const ends: number[] = [];
  let inQuotes = false;
  for (let at = 0; at < text.length && ends.length < most; at += 1) {
    if (text[at] === '"') inQuotes = !inQuotes;
    else if (text[at] === '\n' && !inQuotes) ends.push(at);
  }
  return ends;
}

/** Without the piece of a line at one side, unless that is all there is. */
function wholeLines(text: string, side: 'start' | 'end'): string {
  const at = side === 'start' ? text.lastIndexOf('\n') : text.indexOf('\n');
  if (at === -1) return text;
  return side === 'start' ? text.slice(0, at) : text.slice(at + 1);
}
