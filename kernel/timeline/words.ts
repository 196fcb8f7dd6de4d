import { isCell, type Tree } from './tree.ts';

const mostNamed = 3;
const mostWords = 60;
const mostSource = 1000;

/** A file's name within a sentence. */
const nameOf = (path: string): string => JSON.stringify(path).slice(1, -1).replaceAll('`', "'");

export const count = (number: number, one: string, more: string): string =>
  `${number} ${number === 1 ? one : more}`;

/** The beginning of a cell, in one line. */
export const firstWords = (source: string): string =>
  shortened(source.trimStart().slice(0, mostSource), mostWords);

/** A text in one line of that many characters at most. */
export function shortened(text: string, most: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  if (line.length <= most) return line;
  return `${line
    .slice(0, most - 1)
    .replace(/\p{Cs}$/u, '')
    .trimEnd()}…`;
}

/** Some of the names, and how many more there are: `a.csv, b.csv and 3 more`. */
export function listed(paths: readonly string[]): string {
  const names = paths.slice(0, mostNamed).map(nameOf);
  const more = paths.length - names.length;
  if (more > 0) return `${names.join(', ')} and ${more} more`;
  // Made here, not at the start: it brings 4 MB of Node's tables of languages into memory.
  return new Intl.ListFormat('en-GB').format(names);
}

/** What was left behind, where it is, and how to return. */
export function rewound(
  before: number | undefined,
  cells: number,
  files: readonly string[],
  branch: string | undefined,
): string {
  const place = before === undefined ? 'Rewound' : `Rewound to before [${before}]`;
  if (branch === undefined) return `${place}.`;
  const things = [
    ...(cells > 0 ? [count(cells, 'cell', 'cells')] : []),
    ...(files.length > 0 ? [listed(files)] : []),
  ];
  const what = things.length === 0 ? 'what was done since' : things.join(' and ');
  const verb = cells + files.length > 1 ? 'are' : 'is';
  return `${place}: ${what} ${verb} left behind on branch \`${branch}\`; \`%checkout ${branch}\` returns.`;
}

/** Files that someone else has changed. */
export const kept = (
  left: readonly { readonly path: string; readonly reason: string }[],
): string | undefined =>
  left.length === 0
    ? undefined
    : `Left as ${left.length === 1 ? 'it is' : 'they are'}: ${left
        .slice(0, mostNamed)
        .map(({ path, reason }) => `${nameOf(path)} (${reason})`)
        .join(', ')}${left.length > mostNamed ? ` and ${left.length - mostNamed} more` : ''}.`;

export const rebuilt = (pieces: number): string =>
  `Python’s memory was rebuilt by running ${count(pieces, 'piece', 'pieces')} of code again.`;

export const tooMuchRan =
  'no copy of Python’s memory is left of it, and more code ran before than is kept to be run again';

export const shared =
  'This cell’s id stands for more than one cell, so running it again goes back to nothing. `%rewind N` does by hand.';

export const widgetsLost = 'What was done to widgets in the page could not be done again.';

export function noSuchCell(tree: Tree, executionCount: number | undefined): string {
  if (executionCount === undefined) return 'There is no cell to undo.';
  const numbers = tree.path.filter(isCell).map((node) => node.executionCount);
  const [first, last] = [numbers[0], numbers.at(-1)];
  const there =
    first === undefined || last === undefined
      ? 'no cell that runs code or asks has run here yet'
      : `the cells of this path are [${numbers.slice(-20).join('], [')}]`;
  return `There is no cell [${executionCount}] to go back to: ${there}.`;
}
