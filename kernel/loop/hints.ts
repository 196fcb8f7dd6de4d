import type { ToolResult } from '../tools/contract.ts';

/** What to do about the errors that models run into most. Each line costs tokens only where it helps. */
const byError: Readonly<Record<string, string>> = {
  ModuleNotFoundError:
    'Hint: that package is not installed and none can be. Use numpy, pandas, matplotlib or the standard library.',
  FileNotFoundError: 'Hint: list the files first: import os; print(os.listdir("."))',
  KeyError: 'Hint: print the names that exist first (df.columns, or the keys), then use one of them.',
  AttributeError: 'Hint: print the object and its type first.',
  ValueError:
    'Hint: print the first lines of the data, then convert them to the type they have (float for decimals).',
  SyntaxError:
    'Hint: write the whole block again, corrected. Inside an f-string, compute values in variables first.',
};

/** Lines for the end of a result: what to do next. */
export function hintsFor(result: ToolResult): readonly string[] {
  if (result.status === 'timeout') return ['Hint: do less at once, or print progress.'];
  if (result.status !== 'error') return [];
  const hint = byError[result.error?.ename ?? ''];
  return [hint ?? 'Hint: find the cause, then write a corrected block.'];
}
