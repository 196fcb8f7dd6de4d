import { describe, expect, it } from 'vitest';
import { rowsOf } from '../../../kernel/timeline/draw/rows.ts';
import { svgOf } from '../../../kernel/timeline/draw/svg.ts';
import { textOf } from '../../../kernel/timeline/draw/text.ts';
import { safeSvg } from '../../../kernel/output/firewall/svg.ts';
import type { TimelineNode } from '../../../kernel/timeline/node.ts';
import { Tree } from '../../../kernel/timeline/tree.ts';
import { filesWay, planMemory } from '../../../kernel/timeline/ways.ts';

const talk = { cell: 0, entries: [], said: { memory: [] }, trail: '' };

const begin = (): Tree => new Tree([Tree.beginning(talk)]);

function cell(tree: Tree, executionCount: number, more: Partial<TimelineNode> = {}): TimelineNode {
  const code = `x = ${executionCount}`;
  const step = { kind: 'run', language: 'python', code, status: 'ok', ms: 1 } as const;
  const node = {
    kind: 'code',
    executionCount,
    words: code,
    tokens: 0,
    talk,
    steps: [step],
    ...more,
  } as const;
  return tree.add(node);
}

const entry = (hash: string) => ({ hash, kind: 'file', mode: 0o644, size: 1, kept: true }) as const;

describe('a tree', () => {
  it('keeps what is left behind under a name, once', () => {
    const tree = begin();
    const [one, two] = [cell(tree, 1), cell(tree, 2), cell(tree, 3)];
    expect(tree.goBack(two)).toBe('left-1');
    expect(tree.goBack(one)).toBe('left-1');
    cell(tree, 4);
    expect(tree.goBack(one)).toBe('left-2');
    expect(tree.checkout('left-1').executionCount).toBe(3);
    expect(tree.on).toBe('left-1');
    expect(tree.branches.get('main')).toBe(one);
  });

  it('has of cells with one number the newest, from its beginning', () => {
    const tree = begin();
    for (const number of [1, 2, 3]) cell(tree, number, { cell: 'of before %resume' });
    const first = cell(tree, 2, { cell: 'of now' });
    cell(tree, 2, { cell: 'of now' });
    cell(tree, 3);
    expect(tree.numbered(2)).toBe(first);
    expect(tree.numbered(1)?.cell).toBe('of before %resume');
    expect(tree.numbered(4)).toBeUndefined();
  });

  it('refuses names that are taken or no names', () => {
    const tree = begin();
    expect(tree.branch('idea')).toBeUndefined();
    expect(tree.branch('idea')).toContain('already');
    for (const name of ['', '1', 'a b', '-x', 'x'.repeat(41), '`'])
      expect(tree.branch(name)).toContain('begins');
  });

  it('stands at its beginning where a journal names a place that is not there', () => {
    const start = Tree.beginning(talk);
    const tree = new Tree([start], { head: 7, on: 'idea', tips: { idea: 7, gone: 9, main: 0 } });
    expect([tree.head, tree.on]).toEqual([start, 'idea']);
    expect([...tree.branches.keys()].sort()).toEqual(['idea', 'main']);
  });

  it('has 500 branches at most', () => {
    const tree = begin();
    for (let at = 0; tree.branches.size < 500; at += 1) expect(tree.branch(`b${at}`)).toBeUndefined();
    expect(tree.branch('more')).toContain('no more can be made');
    expect(tree.on).not.toBe('more');
  });

  it('leaves nothing behind where one stands already, and loses its last node only', () => {
    const tree = begin();
    const one = cell(tree, 1);
    expect(tree.goBack(one)).toBeUndefined();
    tree.branch('idea');
    const two = cell(tree, 2);
    tree.dropHead();
    expect([tree.head, tree.branches.get('main')]).toEqual([one, one]);
    expect(tree.nodes).not.toContain(two);
    tree.dropHead();
    tree.dropHead();
    expect(tree.head.kind).toBe('start');
  });

  it('begins a fresh process where one took over without memory, and knows that widgets were moved', () => {
    const tree = begin();
    cell(tree, 1, { snapshot: 's1' });
    const [last] = [cell(tree, 2).steps];
    const three = cell(tree, 3, { steps: [{ kind: 'restored' }, ...last, { kind: 'widgets' }] });
    const plan = planMemory(tree, three, () => true);
    expect([plan.base, plan.hasWidgets, plan.runs.map(({ run }) => run.code)]).toEqual([
      undefined,
      true,
      ['x = 2'],
    ]);
  });

  it('knows how memory is had: the nearest copy, and what ran since', () => {
    const tree = begin();
    const one = cell(tree, 1, { snapshot: 's1' });
    const two = cell(tree, 2);
    const three = cell(tree, 3);
    const codes = (node: TimelineNode, lives: boolean): unknown =>
      planMemory(tree, node, () => lives).runs.map(({ run }) => run.code);
    expect(codes(three, true)).toEqual(['x = 2', 'x = 3']);
    expect(codes(three, false)).toEqual(['x = 1', 'x = 2', 'x = 3']);
    const four = cell(tree, 4, {
      steps: [...two.steps, { kind: 'restored', node: one.id }, ...three.steps],
    });
    const plan = planMemory(tree, four, () => true);
    expect(plan.base?.node).toBe(one);
    expect(plan.runs.map(({ run }) => run.code)).toEqual(['x = 3']);
  });

  it('knows what of the files is to be undone and done', () => {
    const tree = begin();
    const a = [{ path: 'a', after: entry('1') }];
    const b = [{ path: 'b', after: entry('2') }];
    const c = [{ path: 'c', after: entry('3') }];
    const one = cell(tree, 1, { files: { node: 0, delta: a } });
    const two = cell(tree, 2, { files: { node: one.id, delta: b } });
    tree.goBack(one);
    cell(tree, 3);
    const four = cell(tree, 4, { files: { node: one.id, delta: c } });
    expect(filesWay(tree, four, two)).toEqual({ undo: [c], redo: [b] });
    expect(filesWay(tree, two, tree.get(0))).toEqual({ undo: [a, b], redo: [] });
  });
});

describe('a drawing', () => {
  const drawn = (): ReturnType<typeof rowsOf> => {
    const tree = begin();
    const one = cell(tree, 1, { snapshot: 'live' });
    cell(tree, 2, { words: '<script>alert(1)</script> & "', tokens: 1234, cost: 0.0005, failed: true });
    tree.goBack(one);
    tree.add({ kind: 'beside', executionCount: 1, words: '', tokens: 0, talk, steps: [] });
    cell(tree, 3);
    return rowsOf(tree, (id) => id === 'live');
  };

  it('shows what was left beside what went on', () => {
    expect(textOf(drawn()).split('\n').slice(0, 4)).toEqual([
      '○ beginning',
      '├─● [1] x = 1',
      '│ └─○ [2] <script>alert(1)</script> & " · 1,234 tokens · $0.0005 · failed  ← left-1',
      '└─○ [3] x = 3  ← main, you are here',
    ]);
  });

  it('passes the firewall as it is, with the words of cells as words', () => {
    const svg = svgOf(drawn());
    expect(svg).not.toContain('<script>');
    const safe = safeSvg(svg) ?? '';
    expect(safe).toContain('&lt;script&gt;alert(1)');
    expect(safe.match(/<circle/g)).toHaveLength(4);
    expect(safe.match(/<path/g)).toHaveLength(3);
  });
});
