import type { TimelineNode } from '../node.ts';
import { isCell, type Tree } from '../tree.ts';

/** One cell in a drawing of the tree. */
export interface Row {
  readonly node: TimelineNode;
  /** Ways beside this one that go on below it: it is drawn as far to the right. */
  readonly lane: number;
  /** Nothing follows it in its lane. */
  readonly isEnd: boolean;
  /** The first of its lane, which leaves the one to the left. */
  readonly isFork: boolean;
  /** The branches that end here. */
  readonly branches: readonly string[];
  readonly isHere: boolean;
  /** Python's memory after it is kept, so that it can be gone to at once. */
  readonly isLive: boolean;
}

/** The cells of a tree from top to bottom: what was left behind stands above what went on in its place. */
export function rowsOf(tree: Tree, lives: (snapshot: string) => boolean): readonly Row[] {
  const followers = new Map<TimelineNode, TimelineNode[]>();
  const shownAs = (node: TimelineNode): TimelineNode => {
    let at = node;
    for (let before = tree.parentOf(at); !isCell(at) && before !== undefined; before = tree.parentOf(at))
      at = before;
    return at;
  };
  const [root] = tree.path;
  for (const node of tree.nodes) {
    const before = tree.parentOf(node);
    if (!isCell(node) || before === undefined) continue;
    const shown = shownAs(before);
    followers.set(shown, [...(followers.get(shown) ?? []), node]);
  }
  const labels = new Map<TimelineNode, string[]>();
  for (const [name, tip] of tree.branches)
    labels.set(shownAs(tip), [...(labels.get(shownAs(tip)) ?? []), name]);
  const here = shownAs(tree.head);
  const path = new Set(tree.path);
  const rows: Row[] = [];
  const visit = (start: TimelineNode, lane: number): void => {
    let isFork = lane > 0;
    for (let node: TimelineNode | undefined = start; node !== undefined; isFork = false) {
      const next: readonly TimelineNode[] = followers.get(node) ?? [];
      const main: TimelineNode | undefined = next.find((each) => path.has(each)) ?? next.at(-1);
      rows.push({
        ...{ node, lane, isFork, isEnd: main === undefined },
        branches: labels.get(node) ?? [],
        isHere: node === here,
        isLive: node.snapshot !== undefined && lives(node.snapshot),
      });
      for (const side of next) if (side !== main) visit(side, lane + 1);
      node = main;
    }
  };
  if (root) visit(root, 0);
  return rows;
}

/** What is written beside a cell: words, what it used, and what became of it. */
export function captionOf({ node, branches, isHere }: Row): {
  readonly what: string;
  readonly marks: string;
} {
  const { kind, executionCount, words, tokens, cost, failed, deleted } = node;
  const used = [
    ...(tokens > 0 ? [`${tokens.toLocaleString('en')} tokens`] : []),
    ...(cost !== undefined && cost > 0 ? [`$${cost.toFixed(4)}`] : []),
    ...(failed === true ? ['failed'] : []),
    ...(deleted === true ? ['deleted'] : []),
  ];
  const what = kind === 'start' ? 'beginning' : `[${executionCount}] ${words}`;
  const marks = [...branches, ...(isHere ? ['you are here'] : [])].join(', ');
  return { what: [what, ...used].join(' · '), marks };
}
