import type { Completeness } from '../../sandbox/contract.ts';
import type { Sources } from './contract.ts';
import { pythonOf } from './python.ts';

/**
 * Whether the cell can run as it stands. A prompt goes on after a line that ends with a backslash; Python says itself;
 * what other cell magics have as their body ends with an empty line.
 */
export async function isComplete({ worker }: Pick<Sources, 'worker'>, source: string): Promise<Completeness> {
  const python = pythonOf(source);
  if (python !== undefined) return worker.isComplete(python.code);
  const goesOn = /^\s*%%\w/.test(source) ? !endsWithEmptyLine(source) : endsWithBackslash(source);
  return goesOn ? { status: 'incomplete', indent: '' } : { status: 'complete' };
}

const endsWithEmptyLine = (text: string): boolean => text.slice(text.trimEnd().length).includes('\n');

/** Two of them are one that is meant. */
function endsWithBackslash(text: string): boolean {
  let from = text.length;
  while (text[from - 1] === '\\') from -= 1;
  return (text.length - from) % 2 === 1;
}
