import { fuzzSnapshots } from './snapshots.ts';
import { fuzzWorker } from './worker.ts';
import { option } from '../support/options.ts';

/** `npm run fuzz -- --target worker|snapshots [--count N] [--seed S]`: prints the seed, what came of it, and memory before and after. */
const targets = { worker: fuzzWorker, snapshots: fuzzSnapshots } as const;

async function main(args: readonly string[]): Promise<number> {
  const target = option(args, 'target') ?? 'worker';
  const fuzz = targets[target as keyof typeof targets] as (typeof targets)['worker'] | undefined;
  const seed = Number(option(args, 'seed') ?? Date.now() % 2 ** 31);
  const count = Number(option(args, 'count') ?? 1_000_000);
  if (fuzz === undefined || !Number.isInteger(seed) || !Number.isInteger(count) || count < 1) {
    console.error(`usage: npm run fuzz -- --target ${Object.keys(targets).join('|')} [--count N] [--seed N]`);
    return 2;
  }
  console.log(`${target}: ${count} messages, seed ${seed}`);
  await fuzz(seed ^ 1, Math.min(count, 20_000)); // what is loaded and compiled once is no growth
  const before = memoryMb();
  const began = performance.now();
  const report = await fuzz(seed, count, (sent) => console.log(`  ${sent} …`));
  const seconds = (performance.now() - began) / 1000;
  const grown = memoryMb() - before;
  const ends = Object.entries(report.ends).map(([end, times]) => `${end} ${times}`);
  console.log(
    `${report.messages} messages in ${report.conversations} conversations (${ends.join(', ')}), ${seconds.toFixed(0)} s`,
  );
  console.log(
    `memory in use: ${before.toFixed(1)} MB before, ${grown >= 0 ? '+' : ''}${grown.toFixed(1)} MB`,
  );
  for (const fault of report.faults) console.error(`FAULT: ${fault}`);
  const hasGrown = grown > mostGrowthMb;
  if (hasGrown) console.error(`FAULT: memory has grown by more than ${mostGrowthMb} MB`);
  return report.faults.length > 0 || hasGrown ? 1 : 0;
}

const mostGrowthMb = 30;

function memoryMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20 + process.memoryUsage().external / 2 ** 20;
}

process.exitCode = await main(process.argv.slice(2));
