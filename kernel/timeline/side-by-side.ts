import type { Variable } from '../sandbox/contract.ts';
import { nameOf, placeOf, variablesOf } from './compare.ts';
import type { Refusal, Shown } from './contract.ts';
import type { FileEntry } from './files/contract.ts';
import { diffOfDeltas } from './files/differences.ts';
import type { TimelineNode } from './node.ts';
import type { TimelineOptions } from './options.ts';
import { tableOf, useCells, useHead } from './table.ts';
import { isCell, type Tree } from './tree.ts';
import { filesBase, filesWay } from './ways.ts';
import { shortened } from './words.ts';

/** As many places stand side by side. */
const mostPlaces = 8;
const mostRows = 20;
/** Characters. */
const longestAnswer = 200;
const longestValue = 60;

type Options = Pick<TimelineOptions, 'worker' | 'files'>;

interface Place {
  readonly name: string;
  readonly node: TimelineNode;
}

/**
 * What each of some branches or cells came to since they parted, in tables: answer and use, variables and files that are not
 * the same everywhere. Memory and files are kept where one stands.
 */
export async function sideBySide(
  options: Options,
  tree: Tree,
  names: readonly string[],
): Promise<Shown | Refusal> {
  if (names.length < 2)
    return { problem: 'Name two branches or cells, as in `%compare left-1 main`; `%branches` shows them.' };
  if (names.length > mostPlaces)
    return {
      problem: `${mostPlaces} branches or cells can be compared at once, and these are ${names.length}.`,
    };
  const places: Place[] = [];
  for (const name of names) {
    const node = placeOf(tree, name);
    if (node === undefined)
      return { problem: `There is no branch or cell ${name}: \`%branches\` shows them.` };
    places.push({ name: nameOf(name), node });
  }
  const fork = forkOf(tree, places);
  const variables = await variablesOf(
    options,
    tree,
    places.map(({ node }) => node),
  );
  const tables = [
    tableOf(
      ['branch', 'answer', ...useHead],
      places.map((place) => useOf(tree, fork, place)),
    ),
    variablesTable(places, variables),
    filesTable(tree, fork, places),
  ];
  return {
    markdown: tables.map(({ markdown }) => markdown).join('\n\n'),
    text: tables.map(({ text }) => text).join('\n\n'),
  };
}

/** The last node that is on the way to all of them. */
function forkOf(tree: Tree, places: readonly Place[]): TimelineNode | undefined {
  const [first, ...others] = places.map(({ node }) => tree.pathTo(node));
  return first?.findLast((node) => others.every((path) => path.includes(node)));
}

function useOf(tree: Tree, fork: TimelineNode | undefined, { name, node }: Place): readonly string[] {
  const path = tree.pathTo(node);
  const cells = path.slice(fork === undefined ? 0 : path.indexOf(fork) + 1).filter((each) => isCell(each));
  const sum = (pick: (cell: TimelineNode) => number | undefined): number =>
    cells.reduce((all, cell) => all + (pick(cell) ?? 0), 0);
  const answer = node.failed === true ? '(it failed)' : answerOf(node);
  return [
    name,
    cells.length === 0 ? '(nothing since they parted)' : answer,
    ...useCells({
      turns: sum(({ turns }) => turns),
      tokens: sum(({ tokens }) => tokens),
      cost: sum(({ cost }) => cost),
      ms: sum(({ ms }) => ms),
    }),
  ];
}

/** How the last words of the model begin. */
function answerOf({ talk }: TimelineNode): string {
  const last = talk.entries.findLast(({ role }) => role === 'assistant');
  return shortened(last?.parts.map(({ text }) => text).join(' ') ?? '', longestAnswer);
}

type Table = ReturnType<typeof tableOf>;

function variablesTable(
  places: readonly Place[],
  found: readonly (readonly Variable[] | undefined)[],
): Table {
  const kept = found.map(
    (variables) => variables && new Map(variables.map(({ name, value }) => [name, value])),
  );
  const known = kept.filter((each) => each !== undefined);
  const rows = [...new Set(known.flatMap((each) => [...each.keys()]))]
    .filter((name) => new Set(known.map((each) => each.get(name))).size > 1)
    .map((name) => [
      name,
      ...kept.map((each) =>
        each === undefined ? '(memory is not kept)' : shortened(each.get(name) ?? '–', longestValue),
      ),
    ]);
  return bounded('variable', places, rows);
}

function filesTable(tree: Tree, fork: TimelineNode | undefined, places: readonly Place[]): Table {
  const [root] = tree.path;
  const from = fork ?? root;
  if (from === undefined) return bounded('file', places, []);
  const changes = places.map(({ node }) => {
    const { undo, redo } = filesWay(tree, filesBase(tree, from), filesBase(tree, node));
    return new Map(diffOfDeltas(undo, redo).map((each) => [each.path, each]));
  });
  const rows = [...new Set(changes.flatMap((each) => [...each.keys()]))]
    .sort()
    .filter((path) => new Set(changes.map((each) => stateOf(each.get(path)))).size > 1)
    .map((path) => [
      JSON.stringify(path).slice(1, -1),
      ...changes.map((each) => {
        const change = each.get(path);
        return change === undefined ? 'as before' : `${change.status}${sizeOf(change.after)}`;
      }),
    ]);
  return bounded('file', places, rows);
}

const stateOf = (change: { readonly after: FileEntry | undefined } | undefined): string =>
  change === undefined ? 'as before' : `${change.after?.hash ?? 'gone'} ${change.after?.mode ?? 0}`;

const sizeOf = (entry: FileEntry | undefined): string =>
  entry?.kind === 'file' ? `, ${entry.size.toLocaleString('en')} bytes` : '';

function bounded(what: string, places: readonly Place[], rows: readonly (readonly string[])[]): Table {
  if (rows.length === 0) {
    const none = `No ${what} differs.`;
    return { markdown: none, text: none };
  }
  const table = tableOf([what, ...places.map(({ name }) => name)], rows.slice(0, mostRows));
  const more = rows.length - mostRows;
  if (more <= 0) return table;
  const rest = `… and ${more} more`;
  return { markdown: `${table.markdown}\n\n${rest}`, text: `${table.text}\n${rest}` };
}
