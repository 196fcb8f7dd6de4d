import type { Bundle, CompletionResult, Worker } from '../sandbox/contract.ts';
import { parseCell } from './cell.ts';
import type { Magic } from './magics/contract.ts';

/** Where the Python of a `%%python` cell begins, in code points; undefined for every other cell. */
function pythonOffset(source: string): number | undefined {
  const match = /^\s*%%python\b[^\n]*\n/.exec(source);
  return match === null ? undefined : Array.from(match[0]).length;
}

const slicePoints = (text: string, from: number, to?: number): string =>
  Array.from(text).slice(from, to).join('');

/** Completes Python in `%%python` cells and the names of magics elsewhere. Positions count code points. */
export async function complete(
  worker: Worker,
  magics: readonly Magic[],
  source: string,
  cursor: number,
): Promise<CompletionResult> {
  const offset = pythonOffset(source);
  if (offset !== undefined && cursor >= offset) {
    const found = await worker.complete(slicePoints(source, offset), cursor - offset);
    return { ...found, cursorStart: found.cursorStart + offset, cursorEnd: found.cursorEnd + offset };
  }
  const word = /(?:^|\n)(%{1,2}\w*)$/.exec(slicePoints(source, 0, cursor))?.[1];
  const matches =
    word === undefined ? [] : magics.map(({ usage }) => usage).filter((usage) => usage.startsWith(word));
  return { matches, cursorStart: cursor - (word?.length ?? 0), cursorEnd: cursor };
}

/** What is known of the name at the cursor: Python's in `%%python` cells, a magic's usage elsewhere. */
export async function inspect(
  worker: Worker,
  magics: readonly Magic[],
  source: string,
  cursor: number,
  detailLevel: 0 | 1,
): Promise<Bundle | undefined> {
  const offset = pythonOffset(source);
  if (offset !== undefined && cursor >= offset) {
    return worker.inspect(slicePoints(source, offset), cursor - offset, detailLevel);
  }
  const cell = parseCell(source);
  const name =
    cell.kind === 'cell-magic'
      ? cell.call.name
      : cell.kind === 'line-magics'
        ? cell.calls[0]?.name
        : undefined;
  const magic = magics.find((candidate) => candidate.name === name);
  return magic && { 'text/plain': `${magic.usage}\n${magic.summary}` };
}

/**
 * Whether the cell can run as it stands. A prompt goes on after a line that ends with a backslash; Python says itself; what
 * other cell magics have as their body ends with an empty line.
 */
export async function isComplete(
  worker: Worker,
  source: string,
): Promise<{ status: 'complete' | 'incomplete' | 'invalid'; indent?: string }> {
  const offset = pythonOffset(source);
  if (offset !== undefined) return worker.isComplete(slicePoints(source, offset));
  const goesOn = /^\s*%%\w/.test(source) ? !endsWithEmptyLine(source) : endsWithBackslash(source);
  return { status: goesOn ? 'incomplete' : 'complete' };
}

const endsWithEmptyLine = (text: string): boolean => {
  const end = text.lastIndexOf('\n');
  return end >= 0 && text.slice(end).trim() === '';
};

/** Two of them are one that is meant. */
function endsWithBackslash(text: string): boolean {
  let from = text.length;
  while (text[from - 1] === '\\') from -= 1;
  return (text.length - from) % 2 === 1;
}
