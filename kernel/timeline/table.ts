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
