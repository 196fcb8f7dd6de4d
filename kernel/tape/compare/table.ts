import { alikeLines } from './values.ts';
import type { Comparing } from './text.ts';

const mostRows = 20_000;
const mostNamed = 20;

/** What differs between two HTML tables, cell by cell; undefined where nothing does, `no table` where one is none. */
export function differenceOfTables(
  recorded: string,
  found: string,
  about: Comparing,
): { readonly diff: string } | 'same' | 'no table' {
  const [before, after] = [rowsOf(recorded), rowsOf(found)];
  if (before === undefined || after === undefined) return 'no table';
  const lines: string[] = [];
  const [old, now] = [sizeOf(before), sizeOf(after)];
  if (old !== now) lines.push(`-table of ${old}`, `+table of ${now}`);
  const heads = before[0] ?? [];
  for (let row = 0; row < Math.max(before.length, after.length); row += 1) {
    const [left, right] = [before[row], after[row]];
    if (left === undefined || right === undefined) {
      lines.push(...[`-${rowText(left)}`, `+${rowText(right)}`].filter((line) => line.length > 1));
      continue;
    }
    for (let column = 0; column < Math.max(left.length, right.length); column += 1) {
      const [a, b] = [left[column] ?? '', right[column] ?? ''];
      if (alikeLines(a, b, about)) continue;
      const place = `${nameOf(left[0], row)}, ${nameOf(heads[column], column, 'column')}`;
      lines.push(`-${place}: ${a}`, `+${place}: ${b}`);
    }
  }
  if (lines.length === 0) return 'same';
  const more = lines.length - 2 * mostNamed;
  return {
    diff: [...lines.slice(0, 2 * mostNamed), ...(more > 0 ? [`(${more} more lines)`] : [])].join('\n'),
  };
}

const sizeOf = (rows: readonly (readonly string[])[]): string =>
  `${rows.length} rows, ${Math.max(0, ...rows.map((row) => row.length))} columns`;
const rowText = (row: readonly string[] | undefined): string => row?.join(' | ') ?? '';
const nameOf = (text: string | undefined, index: number, kind = 'row'): string =>
  text === undefined || text === '' ? `${kind} ${index + 1}` : `${kind} ${text.slice(0, 60)}`;

/** The cells of the rows of HTML that the firewall has written: one table, and nothing else that has words. */
function rowsOf(html: string): readonly (readonly string[])[] | undefined {
  if (html.length > 2_000_000 || (html.match(/<table\b/g) ?? []).length !== 1) return undefined;
  const rows = html.split(/<tr\b[^>]*>/).slice(1, mostRows);
  return rows.map((row) =>
    row
      .replace(/<\/tr>[^]*$/, '')
      .split(/<t[hd]\b[^>]*>/)
      .slice(1)
      .map((cell) => plain(cell.split(/<\/t[hd]>/)[0] ?? '')),
  );
}

const plain = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .trim();
