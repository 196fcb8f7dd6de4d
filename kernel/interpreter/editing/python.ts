import type { Bundle, CompletionResult } from '../../sandbox/contract.ts';
import type { Sources } from './contract.ts';

/** The Python of a cell, and how many code points stand before it. */
interface PythonPart {
  readonly code: string;
  readonly offset: number;
}

/** The Python of a `%%python` cell; undefined for every other cell. */
export function pythonOf(source: string): PythonPart | undefined {
  const head = /^\s*%%python\b[^\n]*\n/.exec(source)?.[0];
  return head === undefined
    ? undefined
    : { code: source.slice(head.length), offset: Array.from(head).length };
}

/** As the worker's IPython completes. */
export async function completePython(
  { worker }: Sources,
  { code, offset }: PythonPart,
  cursor: number,
): Promise<CompletionResult> {
  const found = await worker.complete(code, cursor - offset);
  return { ...found, cursorStart: found.cursorStart + offset, cursorEnd: found.cursorEnd + offset };
}

/** As the worker's IPython inspects, its text alone: what else it brings is not shown. */
export async function inspectPython(
  { worker, clean }: Sources,
  { code, offset }: PythonPart,
  cursor: number,
  detailLevel: 0 | 1,
): Promise<Bundle | undefined> {
  const text = (await worker.inspect(code, cursor - offset, detailLevel))?.['text/plain'];
  return typeof text === 'string' ? { 'text/plain': clean(text) } : undefined;
}
