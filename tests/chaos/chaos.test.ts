import { expect, it } from 'vitest';
import { planOf } from './plan.ts';
import { play } from './run.ts';

const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? Date.now() % 2 ** 31);
const count = 30;

it(`whatever fails, ${count} loops end with an answer or a reason, and leave nothing (seed ${seed})`, async () => {
  console.log(`chaos: seed ${seed}`);
  const { loops, left } = await play(
    seed,
    Array.from({ length: count }, (_, at) => at),
  );
  expect(
    loops.flatMap(({ plan, problems }) => problems.map((problem) => `${plan.number}: ${problem}`)),
  ).toEqual([]);
  expect(loops).toHaveLength(count);
  expect(left).toEqual([]);
}, 240_000);

it('a plan is the same for the same seed and number, and plans have every trouble', () => {
  expect(planOf(7, 3)).toEqual(planOf(7, 3));
  const plans = Array.from({ length: 400 }, (_, at) => planOf(7, at));
  expect(new Set(plans.flatMap(({ troubles }) => troubles)).size).toBe(5);
  expect(new Set(plans.flatMap(({ turns }) => turns.flatMap(({ primary }) => primary))).size).toBe(8);
  expect(plans.filter(({ savable }) => !savable).length).toBeGreaterThan(5);
});
