import { option } from '../support/options.ts';
import { livesOf } from './plan.ts';
import { kill, targets } from './run.ts';
import { killServer } from './server/run.ts';

/**
 * `npm run kills [-- --kills N] [--seed S] [--only NOTEBOOK] [--target kernels|commands]`: kernels that are killed and come
 * back, and command lines that are killed; 1 where something is lost. Besides N kills of kernels there are three of commands for every ten.
 * `--target server`: the server, while clients change files.
 */
async function main(args: readonly string[]): Promise<number> {
  const seed = Number(option(args, 'seed') ?? Date.now() % 2 ** 31);
  const count = Number(option(args, 'kills') ?? 200);
  const only = option(args, 'only');
  const target = option(args, 'target');
  const wanted = targets.filter((each) => target === undefined || each === target);
  const isServer = target === 'server';
  const isKnown = isServer || wanted.length > 0;
  if (![seed, count, Number(only ?? 0)].every(Number.isInteger) || count < 1 || !isKnown) {
    console.error(
      'usage: npm run kills [-- --kills N] [--seed S] [--only NOTEBOOK] [--target kernels|commands|server]',
    );
    return 2;
  }
  if (isServer) return killedServer(seed, option(args, 'kills') === undefined ? 100 : count);
  const notebooks =
    only === undefined ? Array.from({ length: Math.ceil(count / 10) }, (_, at) => at) : [Number(only)];
  console.log(`${notebooks.length * 10} kills, seed ${seed}`);
  if (only !== undefined && target !== 'commands')
    for (const life of livesOf(seed, Number(only), 10)) console.log(JSON.stringify(life));
  const began = performance.now();
  const { kills, problems } = await kill(seed, notebooks, wanted, (done, found) => {
    console.log(`  ${done} …`);
    for (const problem of found) console.error(`LOST (--seed ${seed}) in notebook ${problem}`);
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(
    `killed ${[...kills].map(([phase, times]) => `${times} in ${phase}`).join(', ')}; ${seconds} s`,
  );
  return problems.length > 0 ? 1 : 0;
}

async function killedServer(seed: number, kills: number): Promise<number> {
  console.log(`${kills} kills of the server, seed ${seed}`);
  const problems = await killServer(seed, kills, (done) => console.log(`  ${done} …`));
  for (const problem of problems) console.error(`LOST (--seed ${seed}) ${problem}`);
  return problems.length > 0 ? 1 : 0;
}

process.exit(await main(process.argv.slice(2)));
