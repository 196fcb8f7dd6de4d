import { afterAll, expect, it } from 'vitest';
import { planOf } from './plan.ts';
import { Player } from './run.ts';

const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? Date.now() % 2 ** 31);
const count = 40;
const player = new Player();
afterAll(() => player.close());

it(`after ${count} sequences of cells and moves all is as in a fresh run of the same path (seed ${seed})`, async () => {
  console.log(`timeline: seed ${seed}`);
  const report = await player.play(
    seed,
    Array.from({ length: count }, (_, at) => at),
  );
  expect(report.problems).toEqual([]);
  expect(report.rebuilt).toBeGreaterThan(0);
}, 240_000);

it('a plan is the same for the same seed and number', () => {
  expect(planOf(7, 3)).toEqual(planOf(7, 3));
});
