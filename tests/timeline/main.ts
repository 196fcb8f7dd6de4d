import { option } from '../support/options.ts';
import { planOf } from './plan.ts';
import { Player } from './run.ts';

/** `npm run timeline [-- --sequences N] [--seed S] [--only NUMBER]`: random cells and moves against fresh runs; 1 where they differ. */
async function main(args: readonly string[]): Promise<number> {
  const seed = Number(option(args, 'seed') ?? Date.now() % 2 ** 31);
  const count = Number(option(args, 'sequences') ?? 2000);
  const only = option(args, 'only');
  if (![seed, count, Number(only ?? 0)].every(Number.isInteger) || count < 1) {
    console.error('usage: npm run timeline [-- --sequences N] [--seed S] [--only NUMBER]');
    return 2;
  }
  const numbers = only === undefined ? Array.from({ length: count }, (_, at) => at) : [Number(only)];
  console.log(`${numbers.length} sequences, seed ${seed}`);
  if (only !== undefined) for (const act of planOf(seed, Number(only))) console.log(JSON.stringify(act));
  const began = performance.now();
  const player = new Player();
  try {
    const { cells, moves, rebuilt, problems } = await player.play(seed, numbers, (done) => {
      if (done % 100 === 0) console.log(`  ${done} …`);
    });
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`${cells} cells, ${moves} moves, ${rebuilt} of them rebuilt memory; ${seconds} s`);
    for (const problem of problems) console.error(`DIFFERS (--seed ${seed}) in sequence ${problem}`);
    return problems.length > 0 ? 1 : 0;
  } finally {
    await player.close();
  }
}

process.exit(await main(process.argv.slice(2)));
