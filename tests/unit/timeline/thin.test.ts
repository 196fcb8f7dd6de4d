import { describe, expect, it } from 'vitest';
import type { FileChange, FileEntry } from '../../../kernel/timeline/files/contract.ts';
import type { Step, TimelineNode } from '../../../kernel/timeline/node.ts';
import { thin } from '../../../kernel/timeline/thin.ts';
import { Tree } from '../../../kernel/timeline/tree.ts';
import { filesBase, filesWay, planMemory } from '../../../kernel/timeline/ways.ts';

const talk = { cell: 0, entries: [], said: { memory: [] }, trail: '' };
const entry = (hash: string): FileEntry => ({ hash, kind: 'file', mode: 0o644, size: 1, kept: true });
const run = (code: string): Step => ({ kind: 'run', language: 'python', code, status: 'ok', ms: 1 });

function cells(tree: Tree, from: number, to: number, delta: (at: number) => readonly FileChange[]): void {
  for (let at = from; at <= to; at += 1) {
    const before = filesBase(tree, tree.head);
    const node = tree.add({
      ...{ kind: 'code', executionCount: at, words: '', tokens: 0, talk },
      steps: [run(`x = ${at}`)],
    });
    node.files = { node: before.id, delta: delta(at) };
  }
}

const change = (at: number): FileChange[] => [
  { path: 'a', before: at === 1 ? undefined : entry(String(at - 1)), after: entry(String(at)) },
];
const codes = (tree: Tree, node: TimelineNode): readonly string[] =>
  planMemory(tree, node, () => false).runs.map(({ run: { code } }) => code);

describe('a tree of too many states', () => {
  it('joins the oldest; what is left is reached by the same code and the same files', () => {
    const tree = new Tree([Tree.beginning(talk)]);
    cells(tree, 1, 40, change);
    tree.branch('idea');
    cells(tree, 41, 60, change);
    tree.checkout('main');
    cells(tree, 61, 1_079, (at) => [{ path: 'b', after: entry(String(at)) }]);
    expect(thin(tree)).toBe(false);
    cells(tree, 1_080, 1_110, () => []);
    const [idea, main] = [tree.branches.get('idea'), tree.branches.get('main')];
    if (idea === undefined || main === undefined) throw new Error('A branch is gone.');
    const before = { idea: codes(tree, idea), main: codes(tree, main) };
    expect(thin(tree)).toBe(true);
    expect(tree.nodes).toHaveLength(1_000);
    expect(codes(tree, idea)).toEqual(before.idea);
    expect(codes(tree, main)).toEqual(before.main);
    expect(tree.numbered(40)?.executionCount).toBe(40);
    expect(tree.numbered(39)).toBeUndefined();
    expect(tree.numbered(1_110)).toBe(tree.head);
    const parting = tree.numbered(40);
    const [root] = tree.nodes;
    if (parting === undefined || root === undefined) throw new Error('Where ways part is gone.');
    expect(filesWay(tree, root, parting).redo).toEqual([[{ path: 'a', after: entry('40') }]]);
  });

  it('keeps a gap where someone else changed a file between two changes of ours, and drops what came to nothing', () => {
    const tree = new Tree([Tree.beginning(talk)]);
    const mine: readonly (readonly FileChange[])[] = [
      [
        { path: 'a', after: entry('1') },
        { path: 'gone', after: entry('g') },
      ],
      [
        { path: 'a', before: entry('theirs'), after: entry('2') },
        { path: 'gone', before: entry('g') },
      ],
    ];
    cells(tree, 1, 1_102, (at) => mine[at - 1] ?? []);
    thin(tree);
    const oldest = tree.path[1];
    expect(oldest?.files?.delta).toEqual([
      { path: 'a', after: entry('1') },
      { path: 'a', before: entry('theirs'), after: entry('2') },
    ]);
  });

  it('says that memory can’t be had again of more code than is kept', () => {
    const tree = new Tree([Tree.beginning(talk)]);
    for (let round = 0; round < 60; round += 1) {
      cells(tree, round * 101 + 1, round * 101 + 101, () => []);
      thin(tree);
    }
    const plan = planMemory(tree, tree.head, () => false);
    expect(plan.isIncomplete).toBe(true);
    expect(plan.runs.length).toBeLessThan(5_000);
    expect(planMemory(tree, tree.get(0), () => false).isIncomplete).toBe(false);
  });
});
