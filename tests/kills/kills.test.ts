import { expect, it } from 'vitest';
import { livesOf } from './plan.ts';
import { killKernels } from './run.ts';

const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? 7);
const notebooks = process.env['REPLIQUE_TEST_SAMPLE'] === 'all' ? 20 : 1;

it(`a kernel killed ${notebooks * 10} times comes back with all that was acknowledged (seed ${seed})`, async () => {
  console.log(`kills: seed ${seed}`);
  const { kills, problems } = await killKernels(
    seed,
    Array.from({ length: notebooks }, (_, at) => at),
  );
  expect(problems).toEqual([]);
  expect([...kills.values()]).toEqual(Array.from({ length: 10 }, () => notebooks));
}, 1_800_000);

it('a plan is the same for the same seed and number', () => {
  expect(livesOf(7, 3, 10)).toEqual(livesOf(7, 3, 10));
});
