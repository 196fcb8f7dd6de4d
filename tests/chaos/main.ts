import type { Report } from './run.ts';
import { play } from './run.ts';
import { troubles } from './plan.ts';
import { option } from '../support/options.ts';

/** `npm run chaos [-- --seed S] [--count N] [--only NUMBER]`: loops with random faults; 1 where one came to what must not be. */
async function main(args: readonly string[]): Promise<number> {
  const seed = Number(option(args, 'seed') ?? Date.now() % 2 ** 31);
  const count = Number(option(args, 'count') ?? 2000);
  const only = option(args, 'only');
  if (![seed, count, Number(only ?? 0)].every(Number.isInteger) || count < 1) {
    console.error('usage: npm run chaos [-- --seed N] [--count N] [--only NUMBER]');
    return 2;
  }
  const numbers = only === undefined ? Array.from({ length: count }, (_, at) => at) : [Number(only)];
  console.log(`${numbers.length} loops, seed ${seed}`);
  const began = performance.now();
  let told = 0;
  const report = await play(seed, numbers, (done) => {
    if (done - told < 100) return;
    told = done;
    console.log(`  ${done} …`);
  });
  return tell(report, seed, (performance.now() - began) / 1000);
}

function tell({ loops, faults, left }: Report, seed: number, seconds: number): number {
  const count = (of: (loop: Report['loops'][number]) => boolean): number => loops.filter(of).length;
  const ends = [...new Set(loops.map(({ end }) => end))].sort();
  const savable = loops.filter(({ plan }) => plan.savable && plan.interruptMs === undefined);
  const saved = savable.filter(({ end }) => end === 'final').length;
  console.log(`faults played: ${[...faults].map(([fault, times]) => `${fault} ${times}`).join(', ')}`);
  console.log(
    `loops with: ${troubles.map((trouble) => `${trouble} ${count(({ plan }) => plan.troubles.includes(trouble))}`).join(', ')}`,
  );
  console.log(`ends: ${ends.map((end) => `${end} ${count((loop) => loop.end === end)}`).join(', ')}`);
  console.log(`saved: ${saved} of ${savable.length} that retries or the fallback can save`);
  console.log(`left over: ${left.length === 0 ? 'nothing' : left.join(', ')}; ${seconds.toFixed(0)} s`);
  const bad = loops.filter(({ problems }) => problems.length > 0);
  for (const { plan, problems } of bad) {
    console.error(
      `FAULT in loop ${plan.number} (--seed ${seed} --only ${plan.number}): ${problems.join('; ')}`,
    );
  }
  return bad.length > 0 || left.length > 0 ? 1 : 0;
}

// Keys and other settings of the person's own have no part in it.
process.exit(await main(process.argv.slice(2)));
