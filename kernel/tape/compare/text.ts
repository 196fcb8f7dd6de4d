import { textDiff } from './diff.ts';
import { alikeLines, type About } from './values.ts';

export type Comparing = Omit<About, 'isTiming'>;

/** What differs between two texts, as `diff -u` shows it; undefined where nothing does, volatile values aside. */
export function differenceOfTexts(recorded: string, found: string, about: Comparing): string | undefined {
  if (recorded === found) return undefined;
  const [before, after] = [recorded, found].map((text) => shown(text).split('\n'));
  if (before === undefined || after === undefined) return undefined;
  const isSame =
    before.length === after.length &&
    before.every((line, index) => alikeLines(line, after[index] ?? '', about));
  if (isSame) return undefined;
  // Lines that are alike are not shown as changed.
  const settled =
    before.length === after.length
      ? after.map((line, index) =>
          alikeLines(before[index] ?? '', line, about) ? (before[index] ?? '') : line,
        )
      : after;
  return textDiff(before.join('\n'), settled.join('\n'));
}

/** The text as a terminal would show it: without colours, with lines that were written over as they ended. */
function shown(text: string): string {
  return text
    .replaceAll(/\u001b\[[0-9;]*m/g, '')
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => {
      const pieces = line.split('\r');
      return pieces.reduce((over, piece) => piece + over.slice(piece.length), '');
    })
    .join('\n')
    .replace(/\n+$/, '');
}
