import { structuredPatch } from 'diff';

const context = 2;
const mostEdits = 2000;
const mostLines = 80;
const longestLine = 400;
const longestText = 200_000;

/** What differs between two texts, line by line, as `diff -u` shows it without its file names. */
export function textDiff(recorded: string, found: string): string {
  const patch = structuredPatch('recorded', 'found', looked(recorded), looked(found), '', '', {
    context,
    maxEditLength: mostEdits,
  });
  if (patch === undefined) return 'Almost every line differs.';
  const lines = patch.hunks.flatMap(({ lines: changed, oldStart, newStart }) => [
    `@@ -${oldStart} +${newStart} @@`,
    ...changed.map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line)),
  ]);
  const more = lines.length - mostLines;
  return [...lines.slice(0, mostLines), ...(more > 0 ? [`(${more} more lines)`] : [])].join('\n');
}

/** The part of a text that is looked at, with an end of its last line. */
function looked(text: string): string {
  const part = text.slice(0, longestText);
  return part === '' || part.endsWith('\n') ? part : `${part}\n`;
}
