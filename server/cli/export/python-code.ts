/**
 * IPython's Python as plain Python: lines that only IPython understands (`%magic`, `!command`, `?name`) become comments.
 * Only where a statement begins: within brackets and strings `%` is an operator or a text.
 * Lexical structure: https://docs.python.org/3/reference/lexical_analysis.html
 */
export function plainPython(source: string): string {
  const lines = source
    .replaceAll(/\r\n?/g, '\n')
    .replace(/^\n+|\s+$/g, '')
    .split('\n');
  const state: State = { depth: 0, quote: undefined, continues: false };
  return lines
    .map((line) => {
      const begins = state.depth === 0 && state.quote === undefined && !state.continues;
      const isIPythons = begins && /^\s*(?:[%!?]|[\w.]+\s*\?{1,2}\s*$)/.test(line);
      if (isIPythons || (begins && future.test(line)))
        return line.replace(/^\s*/, (indent) => `${indent}pass  # `);
      read(line, state);
      return line;
    })
    .join('\n');
}

const future = /^from[ \t]+__future__[ \t]+import[ \t]+([\w, \t]+?)[ \t]*(?:#.*)?$/;

/** What the code imports from `__future__`: such a line may stand only at the beginning of a file. */
export const futures = (source: string): `from __future__ import ${string}`[] =>
  source.split('\n').flatMap((line) => {
    const names = future.exec(line.trimEnd())?.[1];
    return names === undefined ? [] : [`from __future__ import ${names}` as const];
  });

/** Whether something is awaited outside functions, which IPython allows; a string may look so, too. */
export function awaitsOutsideFunctions(source: string): boolean {
  const lines = source.split('\n');
  return lines.some(
    (line, at) => /\bawait\b|\basync\s+(?:for|with)\b/.test(line) && !isInFunction(line, lines.slice(0, at)),
  );
}

function isInFunction(line: string, before: readonly string[]): boolean {
  let depth = depthOf(line);
  for (const above of before.toReversed()) {
    if (above.trim() === '' || depthOf(above) >= depth) continue;
    depth = depthOf(above);
    if (/^\s*async\s+def\b/.test(above)) return true;
  }
  return false;
}

const depthOf = (line: string): number => line.length - line.trimStart().length;

interface State {
  depth: number;
  /** The quotes that end the string of several lines that is open. */
  quote: string | undefined;
  /** The line ended with a backslash. */
  continues: boolean;
}

const token = /'''|"""|'|"|#|[([{]|[)\]}]/g;

function read(line: string, state: State): void {
  let at = 0;
  while (at < line.length) {
    if (state.quote !== undefined) {
      const end = endOf(line, at, state.quote);
      if (end < 0) break;
      state.quote = undefined;
      at = end;
      continue;
    }
    token.lastIndex = at;
    const found = token.exec(line)?.[0];
    if (found === undefined || found === '#') break;
    at = token.lastIndex;
    if (found.length === 3) state.quote = found;
    else if (found === '"' || found === "'") {
      const end = endOf(line, at, found);
      if (end < 0) {
        if (line.endsWith('\\')) state.quote = found;
        break;
      }
      at = end;
    } else state.depth = Math.max(0, state.depth + ('([{'.includes(found) ? 1 : -1));
  }
  if (state.quote?.length === 1 && !line.endsWith('\\')) state.quote = undefined;
  state.continues = line.endsWith('\\');
}

/** Where the string ends that these quotes close; -1 where it does not. */
function endOf(line: string, from: number, quote: string): number {
  for (let at = from; at < line.length; at += 1) {
    if (line[at] === '\\') at += 1;
    else if (line.startsWith(quote, at)) return at + quote.length;
  }
  return -1;
}
