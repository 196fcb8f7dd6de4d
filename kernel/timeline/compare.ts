import type { Variable } from '../sandbox/contract.ts';
import type { Refusal, Shown } from './contract.ts';
import { compareFiles, compareTalk, compareVariables, type Section } from './diff.ts';
import type { TimelineNode } from './node.ts';
import type { TimelineOptions } from './options.ts';
import { isCell, type Tree } from './tree.ts';
import { filesBase, filesWay } from './ways.ts';

const mostVariables = 100;
/** Characters. */
const roomOfEach = 300;

type Options = Pick<TimelineOptions, 'worker' | 'files'>;

/**
 * What differs between two places: branches, or numbers of cells. Without the second it is where one stands; without both it is
 * what was left behind last, and where one stands. Memory and files are kept where one stands.
 */
export async function compare(
  options: Options,
  tree: Tree,
  a: string | undefined,
  b: string | undefined,
): Promise<Shown | Refusal> {
  const last = [...tree.branches.keys()].findLast((name) => name !== tree.on);
  const first = a ?? last;
  if (first === undefined) return { problem: 'There is one branch only: name two cells, as in `%diff 2 3`.' };
  const one = placeOf(tree, first);
  const other = b === undefined ? tree.head : placeOf(tree, b);
  if (one === undefined || other === undefined)
    return {
      problem: `There is no branch or cell ${one === undefined ? first : (b ?? '')}: \`%branches\` shows them.`,
    };
  const [before, after] = await variablesOf(options, tree, [one, other]);
  const sections = [
    compareTalk(one.talk, other.talk),
    compareVariables(before, after),
    await compareFiles(filesWay(tree, filesBase(tree, one), filesBase(tree, other)), options.files),
  ];
  return shown(`From ${nameOf(first)} (-) to ${b === undefined ? 'here' : nameOf(b)} (+)`, sections);
}

export const nameOf = (place: string): string => (/^\d+$/.test(place) ? `[${place}]` : place);

/** A branch, or the cell with that number. */
export function placeOf(tree: Tree, place: string): TimelineNode | undefined {
  if (!/^\d{1,9}$/.test(place)) return tree.branches.get(place);
  const number = Number(place);
  return tree.numbered(number) ?? tree.nodes.find((node) => isCell(node) && node.executionCount === number);
}

/** The variables of each, where a copy of the memory lives. One stands again where one stood then. */
export async function variablesOf(
  { worker }: Pick<Options, 'worker'>,
  tree: Tree,
  nodes: readonly TimelineNode[],
): Promise<readonly (readonly Variable[] | undefined)[]> {
  const here = tree.head.snapshot;
  const look = async (node: TimelineNode): Promise<readonly Variable[] | undefined> => {
    if (node === tree.head || (here !== undefined && node.snapshot === here)) return lookAt(worker);
    const copy = node.snapshot;
    if (copy === undefined || !worker.has(copy) || here === undefined || !worker.has(here)) return undefined;
    try {
      await worker.resume(copy);
      return await lookAt(worker);
    } catch {
      return undefined;
    } finally {
      await worker.resume(here);
    }
  };
  const found: (readonly Variable[] | undefined)[] = [];
  for (const node of nodes) found.push(await look(node));
  return found;
}

/** Each variable with what can be seen of it. */
async function lookAt(worker: Options['worker']): Promise<readonly Variable[] | undefined> {
  const names = (await worker.look([], 0))?.names.slice(0, mostVariables);
  if (names === undefined) return undefined;
  const found = await worker.look(
    names.map((name) => [name]),
    roomOfEach,
  );
  return names.flatMap((name, at) => {
    const look = found?.looks[at];
    return look?.status === 'value' ? [{ name, value: look.text === '' ? look.what : look.text }] : [];
  });
}

function shown(title: string, sections: readonly Section[]): Shown {
  const told = sections.map(({ title: what, lines }) => ({
    what,
    lines: lines.length === 0 ? ['no difference'] : lines,
  }));
  const text = [title, ...told.flatMap(({ what, lines }) => ['', `${what}:`, ...lines])].join('\n');
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  const markdown = [
    `**${title}**`,
    ...told.flatMap(({ what, lines }) => ['', `${what}:`, '', `${fence}diff`, ...lines, fence]),
  ].join('\n');
  return { markdown, text };
}
