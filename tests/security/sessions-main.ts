import { option } from '../support/options.ts';
import { reportSessions } from './sessions.ts';

/** `npm run sessions [-- --count N] [--seed S]`: kernels that are killed or ended; 1 where one left something. */
async function main(args: readonly string[]): Promise<number> {
  const seed = Number(option(args, 'seed') ?? Date.now() % 2 ** 31);
  const count = Number(option(args, 'count') ?? 1000);
  if (![seed, count].every(Number.isInteger) || count < 1) {
    console.error('usage: npm run sessions [-- --count N] [--seed N]');
    return 2;
  }
  return reportSessions('dist/kernel.js', count, seed);
}

process.exitCode = await main(process.argv.slice(2));
