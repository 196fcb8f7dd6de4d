import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { FileDelta, FileHistory } from '../../../../kernel/timeline/files/contract.ts';
import { createFileHistory } from '../../../../kernel/timeline/files/history.ts';
import { Random } from '../../../fuzz/random.ts';
import { FileWorld, pictureOf } from '../../../support/file-worlds.ts';

interface Node {
  readonly parent: Node | undefined;
  readonly delta: FileDelta;
  /** What was there before its run, and after it. */
  readonly before: Map<string, string>;
  readonly picture: Map<string, string>;
}

const sequences = process.env['REPLIQUE_TEST_SAMPLE'] === 'all' ? 2_000 : 60;
const firstSeed = Number(process.env['REPLIQUE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

async function inWorld(
  seed: number,
  play: (world: FileWorld, history: FileHistory, workspace: string, random: Random) => Promise<void>,
): Promise<void> {
  const top = mkdtempSync(join(tmpdir(), 'replique-moves-'));
  const workspace = join(top, 'workspace');
  mkdirSync(workspace);
  const random = new Random(seed);
  const history = createFileHistory({ workspace, objects: join(top, 'objects') });
  try {
    await play(new FileWorld(workspace, random), history, workspace, random);
  } catch (error) {
    throw new Error(`REPLIQUE_TEST_SEED=${seed}`, { cause: error });
  } finally {
    rmSync(top, { recursive: true });
  }
}

const lineOf = (node: Node): readonly Node[] => (node.parent ? [...lineOf(node.parent), node] : [node]);

/** What is taken back and done again on the way from one node to another. */
function wayBetween(from: Node, to: Node): { undo: FileDelta[]; redo: FileDelta[] } {
  const [one, other] = [lineOf(from), lineOf(to)];
  return {
    undo: one.filter((node) => !other.includes(node)).map(({ delta }) => delta),
    redo: other.filter((node) => !one.includes(node)).map(({ delta }) => delta),
  };
}

/** Notebooks are never moved; nor is what lies in a folder that is named as one. */
const isMoved = (path: string): boolean => !/\.ipynb(?:\/|$)/.test(path);

const withoutNotebook = (picture: Map<string, string>): [string, string][] =>
  [...picture].filter(([path]) => isMoved(path));

it(
  `brings back every state byte for byte (REPLIQUE_TEST_SEED=${firstSeed})`,
  { timeout: 120_000 },
  async () => {
    for (let seed = firstSeed; seed < firstSeed + sequences; seed += 1) {
      await inWorld(seed, async (world, history, workspace, random) => {
        for (let act = 0; act < 12; act += 1) world.act('user');
        await history.settle();
        let head: Node = { parent: undefined, delta: [], before: new Map(), picture: pictureOf(workspace) };
        const nodes = [head];
        for (let step = 0; step < 14; step += 1) {
          if (random.chance(0.6)) {
            const before = pictureOf(workspace);
            await history.settle();
            for (let act = random.below(8); act >= 0; act -= 1) world.act('run');
            const { delta } = await history.changes();
            head = { parent: head, delta, before, picture: pictureOf(workspace) };
            nodes.push(head);
            continue;
          }
          const to = random.pick(nodes);
          const { undo, redo } = wayBetween(head, to);
          const { left } = await history.move(undo, redo);
          expect(left).toEqual([]);
          expect(withoutNotebook(pictureOf(workspace))).toEqual(withoutNotebook(to.picture));
          head = to;
          if (random.chance(0.5)) expect((await history.changes()).delta).toEqual([]);
        }
      });
    }
  },
);

it(`never loses what a person wrote (REPLIQUE_TEST_SEED=${firstSeed})`, { timeout: 120_000 }, async () => {
  for (let seed = firstSeed; seed < firstSeed + sequences; seed += 1) {
    await inWorld(seed, async (world, history, workspace, random) => {
      let head: Node = { parent: undefined, delta: [], before: new Map(), picture: pictureOf(workspace) };
      const nodes = [head];
      const edited = new Set<string>();
      /** What a run began or ended with, at the paths that it changed: all that a move may take away. */
      const recorded = new Set<string>();
      for (let step = 0; step < 20; step += 1) {
        const before = pictureOf(workspace);
        switch (random.pick(['run', 'run', 'edit', 'move', 'move'] as const)) {
          case 'edit':
            for (let act = random.below(3); act >= 0; act -= 1) world.act('user');
            for (const path of differing(before, pictureOf(workspace))) edited.add(path);
            break;
          case 'run': {
            await history.settle();
            for (let act = random.below(6); act >= 0; act -= 1) world.act('run');
            const { delta } = await history.changes();
            head = { parent: head, delta, before, picture: pictureOf(workspace) };
            expect(delta.map(({ path }) => path)).toEqual(differing(before, head.picture));
            for (const { path } of delta)
              for (const picture of [before, head.picture]) recorded.add(`${path} ${picture.get(path)}`);
            nodes.push(head);
            break;
          }
          case 'move': {
            const to = random.pick(nodes);
            const way = wayBetween(head, to);
            const { left } = await history.move(way.undo, way.redo);
            const after = pictureOf(workspace);
            for (const [path, what] of before)
              if (!recorded.has(`${path} ${what}`)) expect([path, after.get(path)]).toEqual([path, what]);
            const named = new Set(left.map(({ path }) => path));
            for (const [path, wanted] of wantedBetween(head, to)) {
              if (after.get(path) !== wanted) expect(named).toContain(path);
              else expect(named).not.toContain(path);
            }
            for (const path of named)
              expect(
                [...edited].some((each) => isAround(each, path)),
                path,
              ).toBe(true);
            head = to;
          }
        }
      }
    });
  }
});

const differing = (one: Map<string, string>, other: Map<string, string>): string[] =>
  [...new Set([...one.keys(), ...other.keys()])]
    .filter((path) => isMoved(path) && one.get(path) !== other.get(path))
    .sort();

/** What each path should be after going from one node to another. */
function wantedBetween(from: Node, to: Node): Map<string, string | undefined> {
  const [one, other] = [lineOf(from), lineOf(to)];
  const wanted = new Map<string, string | undefined>();
  for (const node of one.filter((each) => !other.includes(each)).toReversed())
    for (const { path } of node.delta) wanted.set(path, node.before.get(path));
  for (const node of other.filter((each) => !one.includes(each)))
    for (const { path } of node.delta) wanted.set(path, node.picture.get(path));
  return wanted;
}

const isAround = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
