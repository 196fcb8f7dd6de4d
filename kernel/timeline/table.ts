/** Rows as a table of Markdown, each cell read as it is written, and as plain text in columns. */
export function tableOf(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): { readonly markdown: string; readonly text: string } {
  const markdown = [head.map(escaped), head.map(() => '---'), ...rows.map((row) => row.map(coded))]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
  const all = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll(/\s+/g, ' ')));
  const widths = head.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  const text = all
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
  return { markdown, text };
}

export const useHead = ['turns', 'tokens', 'cost', 'time'] as const;

/** What something used, as the cells below `useHead`. @param ms milliseconds; cost in US dollars */
export const useCells = (used: {
  readonly turns?: number | undefined;
  readonly tokens: number;
  readonly cost?: number | undefined;
  readonly ms?: number | undefined;
}): readonly string[] => [
  String(used.turns ?? 0),
  used.tokens.toLocaleString('en'),
  used.cost === undefined || used.cost === 0 ? '–' : `$${used.cost.toFixed(4)}`,
  `${((used.ms ?? 0) / 1000).toFixed(1)} s`,
];

const plain = /^[\w $.,%–…()-]*$/;

/** Text that Markdown could read in another way stands as code. */
function coded(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').replaceAll(/[`|\\]/g, ' ');
  return plain.test(line) ? escaped(line) : `\`${line}\``;
}

const escaped = (text: string): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*_[\]<>&!|~#$@]/g, (character) => `&#${character.charCodeAt(0)};`);
