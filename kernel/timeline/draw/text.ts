import { captionOf, type Row } from './rows.ts';

/** The tree as text. */
export function textOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const { what, marks } = captionOf(row);
    return `${stemOf(row)}${row.isLive ? '●' : '○'} ${what}${marks === '' ? '' : `  ← ${marks}`}`;
  });
  return [...lines, '', '●: Python’s memory is kept; ○: it is rebuilt by running code again.'].join('\n');
}

function stemOf({ node, lane, isEnd }: Row): string {
  if (node.kind === 'start') return '';
  return `${'│ '.repeat(lane)}${isEnd ? '└─' : '├─'}`;
}
