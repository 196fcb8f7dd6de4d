import { afterAll, beforeAll, expect, it } from 'vitest';
import { divergencesIn, notebookOf, TapeGround, type TapedCell } from '../support/tape.ts';
import { tapeCells, tapeReplies, writeTapeFiles } from '../support/tape-cells.ts';

let ground: TapeGround;
let recorded: TapedCell[];

beforeAll(async () => {
  ground = new TapeGround(tapeReplies);
  writeTapeFiles(ground.workspace);
  recorded = await ground.record(tapeCells);
  ground.script([]);
});
afterAll(() => ground.close());

const outputsOf = (cells: readonly { readonly outputs: unknown }[]): unknown[] =>
  cells.map(({ outputs }) => outputs);

it('replays a notebook to the same outputs, without a model and without Python', async () => {
  ground.write(notebookOf(recorded));
  const played = await ground.play('replay', recorded, { python: '/nowhere/python' });
  expect(outputsOf(played)).toEqual(outputsOf(recorded));
  expect(played.map(({ reply }) => reply['status'])).toEqual(recorded.map(() => 'ok'));
});

it('verifies a notebook in which nothing has changed, and shows what was recorded', async () => {
  ground.write(notebookOf(recorded));
  const played = await ground.play('verify', recorded);
  expect(played.map(divergencesIn)).toEqual(recorded.map(() => []));
  expect(outputsOf(played)).toEqual(outputsOf(recorded));
});
