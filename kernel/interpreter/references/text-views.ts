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
    return { what, title: `text of ${what}, all of it`, text: head, isWhole: true };
  }
  const end = tail === '' ? head : tail;
  const first = wholeLines(head.slice(0, Math.floor(room * 0.6)), 'start');
  const last = wholeLines(end.slice(-Math.floor(room * 0.3)), 'end');
  const left = Math.max(0, size - Buffer.byteLength(first) - Buffer.byteLength(last));
  const text = `${first}\n[… ${humanSize(left)} left out …]\n${last}`;
  return { what, title: `text of ${what}, its beginning and its end`, text };
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
    return { what, title: `a table of ${what}, all of it`, text: head, isWhole: true };
  }
  const all = head.split(/\r?\n/).slice(0, fewRows + 1);
  const shown = wholeLines(all.join('\n').slice(0, room), 'start');
  const first = Math.max(0, shown.split('\n').length - 1);
  return { what, title: `a table of ${what}; its header and the first ${first} rows`, text: shown };
}

const grouped = (count: number): string => count.toLocaleString('en');

function linesOf({ lines, counted, size }: Excerpt): string {
  const count = `${grouped(lines)} ${lines === 1 ? 'line' : 'lines'}`;
  return counted < size ? `more than ${count}` : count;
}

/** Without the piece of a line at one side, unless that is all there is. */
function wholeLines(text: string, side: 'start' | 'end'): string {
  const at = side === 'start' ? text.lastIndexOf('\n') : text.indexOf('\n');
  if (at === -1) return text;
  return side === 'start' ? text.slice(0, at) : text.slice(at + 1);
}
