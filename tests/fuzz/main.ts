import { fuzzHttp } from './http.ts';
import { serveForFuzzer } from './http/serve.ts';
import { fuzzSchema } from './schema.ts';
import { fuzzSnapshots } from './snapshots.ts';
import { fuzzWire } from './wire.ts';
import { fuzzWorker } from './worker.ts';
import { option } from '../support/options.ts';

/**
 * `npm run fuzz [-- --target worker|snapshots|wire|http|schema] [--messages N] [--seed S]`: without a target all of them, one after
 * the other, `http` with a tenth of the messages, `schema` with a two-hundredth. Prints the seed, what came of it, and memory before and after.
 */
const targets: Readonly<Record<string, typeof fuzzWorker>> = {
  worker: fuzzWorker,
  snapshots: fuzzSnapshots,
  wire: fuzzWire,
  http: fuzzHttp,
  schema: fuzzSchema,
};

/** As many messages, where nothing is said, and before them to load and compile what is needed: that is no growth. */
const ordinary = { messages: 1_000_000, first: 20_000 };
/** A request takes longer than a message. */
const sizes: Readonly<Record<string, typeof ordinary>> = {
  http: { messages: 100_000, first: 500 },
  schema: { messages: 5000, first: 0 },
};

async function main(args: readonly string[]): Promise<number> {
  const served = option(args, 'serve');
  if (served !== undefined) {
    await serveForFuzzer(served, option(args, 'token') ?? '', option(args, 'lab') ?? '');
    return 0;
  }
  const names = [option(args, 'target') ?? Object.keys(targets)].flat();
  const seed = Number(option(args, 'seed') ?? Date.now() % 2 ** 31);
  const given = option(args, 'messages');
  const count = Number(given ?? ordinary.messages);
  const isKnown = names.every((name) => Object.hasOwn(targets, name));
  if (!isKnown || !Number.isInteger(seed) || !Number.isInteger(count) || count < 1) {
    const known = Object.keys(targets).join('|');
    console.error(`usage: npm run fuzz [-- --target ${known}] [--messages N] [--seed N]`);
    return 2;
  }
  let hasFault = false;
  for (const name of names) {
    const size = (sizes[name] ?? ordinary).messages;
    const share = names.length > 1 ? Math.ceil((count * size) / ordinary.messages) : count;
    const messages = given === undefined ? size : share;
    hasFault = (await run(name, targets[name]!, seed, messages)) || hasFault;
  }
  return hasFault ? 1 : 0;
}

/** Whether it came to what must not be. */
async function run(name: string, fuzz: typeof fuzzWorker, seed: number, count: number): Promise<boolean> {
  console.log(`${name}: ${count} messages, seed ${seed}`);
  const { first } = sizes[name] ?? ordinary;
  if (first > 0) await fuzz(seed ^ 1, Math.min(count, first));
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
  return report.faults.length > 0 || hasGrown;
}

const mostGrowthMb = 30;

function memoryMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20 + process.memoryUsage().external / 2 ** 20;
}

process.exitCode = await main(process.argv.slice(2));
