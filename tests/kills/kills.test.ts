import { expect, it } from 'vitest';
import { livesOf } from './plan.ts';
import { commandsOf } from './run-plan.ts';
import { kill } from './run.ts';

const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? 7);
const notebooks = process.env['REPLIQUE_TEST_SAMPLE'] === 'all' ? 20 : 1;

it(`a kernel killed ${notebooks * 10} times comes back with all that was acknowledged, and a killed command leaves whole files (seed ${seed})`, async () => {
  console.log(`kills: seed ${seed}`);
  const { kills, problems } = await kill(
    seed,
    Array.from({ length: notebooks }, (_, at) => at),
  );
  expect(problems).toEqual([]);
  expect([...kills.values()].reduce((sum, each) => sum + each, 0)).toBe(notebooks * 13);
}, 1_800_000);

it('a plan is the same for the same seed and number', () => {
  expect(livesOf(7, 3, 10)).toEqual(livesOf(7, 3, 10));
  expect(commandsOf(7, 3, 3)).toEqual(commandsOf(7, 3, 3));
});
