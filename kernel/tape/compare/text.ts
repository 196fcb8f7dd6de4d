import { textDiff } from './diff.ts';
import { alikeLines, type About } from './values.ts';

export type Comparing = Omit<About, 'isTiming'>;

/** What differs between two texts, as `diff -u` shows it; undefined where nothing does, volatile values aside. */
export function differenceOfTexts(recorded: string, found: string, about: Comparing): string | undefined {
  if (recorded === found) return undefined;
  const [before, after] = [shown(recorded), shown(found)];
  const [old, now] = [before.split('\n'), after.split('\n')];
  if (old.length !== now.length) return textDiff(before, after);
  // Lines that are alike are not shown as changed.
  const settled = old.map((line, index) => {
    const other = now[index] ?? '';
    return alikeLines(line, other, about) ? line : other;
  });
  return settled.join('\n') === before ? undefined : textDiff(before, settled.join('\n'));
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
