import { option } from '../support/options.ts';
import { livesOf } from './plan.ts';
import { killKernels } from './run.ts';
import { killServer } from './server/run.ts';

/**
 * `npm run kills [-- --kills N] [--seed S] [--only NOTEBOOK]`: kernels that are killed and come back; 1 where something is lost.
 * `--target server`: the server, while clients change files.
 */
async function main(args: readonly string[]): Promise<number> {
  const seed = Number(option(args, 'seed') ?? Date.now() % 2 ** 31);
  const count = Number(option(args, 'kills') ?? 200);
  const only = option(args, 'only');
  if (![seed, count, Number(only ?? 0)].every(Number.isInteger) || count < 1) {
    console.error('usage: npm run kills [-- --kills N] [--seed S] [--only NOTEBOOK]');
    return 2;
  }
  if (option(args, 'target') === 'server')
    return killedServer(seed, option(args, 'kills') === undefined ? 100 : count);
  const notebooks =
    only === undefined ? Array.from({ length: Math.ceil(count / 10) }, (_, at) => at) : [Number(only)];
  console.log(`${notebooks.length * 10} kills, seed ${seed}`);
  if (only !== undefined)
    for (const life of livesOf(seed, Number(only), 10)) console.log(JSON.stringify(life));
  const began = performance.now();
  const { kills, problems } = await killKernels(seed, notebooks, (done) => console.log(`  ${done} …`));
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(
    `killed ${[...kills].map(([phase, times]) => `${times} in ${phase}`).join(', ')}; ${seconds} s`,
  );
  for (const problem of problems) console.error(`LOST (--seed ${seed}) in notebook ${problem}`);
  return problems.length > 0 ? 1 : 0;
}

async function killedServer(seed: number, kills: number): Promise<number> {
  console.log(`${kills} kills of the server, seed ${seed}`);
  const problems = await killServer(seed, kills, (done) => console.log(`  ${done} …`));
  for (const problem of problems) console.error(`LOST (--seed ${seed}) ${problem}`);
  return problems.length > 0 ? 1 : 0;
}

process.exit(await main(process.argv.slice(2)));
