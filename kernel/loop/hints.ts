import { escapeTags } from './escape.ts';
import type { ToolResult } from '../tools/contract.ts';

const again = 'Now write the same block again with that corrected.';

/** What to do about the errors that models run into most. Each line costs tokens only where it helps. */
const byError: Readonly<Record<string, string>> = {
  ModuleNotFoundError: `Hint: that package is not installed and none can be. Use numpy, pandas, matplotlib or the standard library. ${again}`,
  AttributeError: 'Hint: print the object and its type first.',
  ValueError:
    'Hint: print the first lines of the data, then convert them to the type they have (float for decimals).',
  SyntaxError: `Hint: write whole statements, and compute values in variables before an f-string shows them. ${again}`,
};

/** Type errors in which text is an operand, by what their messages say; the first that fits counts. */
const aboutText: readonly (readonly [RegExp, string])[] = [
  [
    /'str' and 'str'|^ufunc .*<U/,
    `Hint: text stands there, perhaps names: of a Series s, idxmax() and idxmin() are names, max() and min() the values, as in s.max() - s.min(). ${again}`,
  ],
  [
    /(?:operand|instances of).*'str'|\bnot str\b|concatenate str/,
    `Hint: the values are text. Make numbers of them, as in print(sum(float(line) for line in open(name))). ${again}`,
  ],
];

const imports: Readonly<Record<string, string>> = {
  plt: 'import matplotlib.pyplot as plt',
  np: 'import numpy as np',
  pd: 'import pandas as pd',
  Path: 'from pathlib import Path',
};

/** What a name without a value needs: its import, or its own line. */
function aboutName(message: string): string {
  const name = /^name '(\w{1,50})' is not defined/.exec(message)?.[1];
  const line = name === undefined ? undefined : imports[name];
  if (name === undefined || line !== undefined) {
    return `Hint: begin the code with ${line ?? 'the missing import'}, then write the same again.`;
  }
  return `Hint: ${name} has no value. Before it is used, write a line of its own: ${name} = … (or import ${name}, if it is a module). Then write the rest again.`;
}

/** The file that a helper looked for in vain, without its folders. */
export function missingFile({ error }: ToolResult): string | undefined {
  if (error?.ename !== 'FileNotFoundError') return undefined;
  return /No such file or directory: '(?:[^']*\/)?([^'/]{1,200})'$/.exec(error.evalue)?.[1];
}

/** @param found where files of the missing one's name are */
function aboutFile(found: readonly string[]): string {
  if (found.length === 0)
    return `Hint: there is no such file. To see what there is: print(os.listdir(".")). ${again}`;
  const places = found.map((path) => JSON.stringify(escapeTags(path))).join(' or ');
  const join = found.some((path) => path.includes('/'))
    ? ' A name from os.listdir(folder) needs its folder: os.path.join(folder, name).'
    : '';
  return `Hint: the file is ${places} in the current directory: use that path.${join} ${again}`;
}

const form = 'Begin it with <helpers lang="python">, without ``` before it.';

/** What is known of the session's surroundings when a helper has failed. */
export interface Surroundings {
  /** Where files of the name that `missingFile` tells are. */
  readonly found?: readonly string[];
  /** What stands in memory, one name a line. */
  readonly memory?: string | undefined;
}

const mostTables = 600;

/** A name was asked of a table or a mapping that it does not have. */
export const isMissingKey = ({ error }: ToolResult): boolean => error?.ename === 'KeyError';

function aboutKey(memory: string | undefined): string {
  const tables = (memory ?? '').split('\n').filter((line) => /: DataFrame of /.test(line));
  if (tables.length === 0) {
    return 'Hint: print the names that exist first (df.columns, or the keys), then use one of them.';
  }
  const known = escapeTags(tables.join('\n').slice(0, mostTables));
  return `Hint: these names exist:\n${known}\nUse them; a column of another table needs a merge first. ${again}`;
}

/** Lines for the end of a result: what to do next. */
export function hintsFor({ status, error }: ToolResult, around: Surroundings = {}): readonly string[] {
  if (status === 'timeout') return ['Hint: do less at once, or print progress.'];
  if (status !== 'error') return [];
  const { ename = '', evalue = '' } = error ?? {};
  return [hintFor(ename, evalue, around) ?? `Hint: find the cause. ${again}`, form];
}

function hintFor(ename: string, evalue: string, { found = [], memory }: Surroundings): string | undefined {
  if (ename === 'FileNotFoundError') return aboutFile(found);
  if (ename === 'KeyError') return aboutKey(memory);
  if (ename === 'NameError') return aboutName(evalue);
  if (ename.endsWith('TypeError')) return aboutText.find(([said]) => said.test(evalue))?.[1];
  return byError[ename];
}
