import type { ToolResult } from '../tools/contract.ts';

/** What to do about the errors that models run into most. Each line costs tokens only where it helps. */
const byError: Readonly<Record<string, string>> = {
  ModuleNotFoundError:
    'Hint: that package is not installed and none can be. Use numpy, pandas, matplotlib or the standard library.',
  FileNotFoundError:
    'Hint: no file has that path. Look first: import os; print(os.listdir(".")). Names from os.listdir(folder) need the folder before them.',
  KeyError: 'Hint: print the names that exist first (df.columns, or the keys), then use one of them.',
  NameError:
    'Hint: import or define that name first (plt is matplotlib.pyplot). Lines after the error have not run.',
  AttributeError: 'Hint: print the object and its type first.',
  TypeError:
    'Hint: keep the code and change only what fails. Lines of a file are text: put float(line) for line in open(name) where numbers are needed.',
  ValueError:
    'Hint: print the first lines of the data, then convert them to the type they have (float for decimals).',
  SyntaxError:
    'Hint: write the whole block again, corrected. Inside an f-string, compute values in variables first.',
};

const thenCorrect =
  'Now write the whole corrected block. Begin it with <helpers lang="python">, without ``` before it.';

/** Lines for the end of a result: what to do next. */
export function hintsFor(result: ToolResult): readonly string[] {
  if (result.status === 'timeout') return ['Hint: do less at once, or print progress.'];
  if (result.status !== 'error') return [];
  return [byError[result.error?.ename ?? ''] ?? 'Hint: find the cause first.', thenCorrect];
}
