import { expect, it } from 'vitest';
import { fuzzWorker } from '../fuzz/worker.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

it(
  `20,000 changed messages of a worker have no effect out of turn (seed ${seed})`,
  { timeout: 120_000 },
  async () => {
    const { faults, messages, ends } = await fuzzWorker(seed, 20_000);
    expect(faults).toEqual([]);
    expect(messages).toBeGreaterThanOrEqual(20_000);
    expect(Object.keys(ends).sort()).toEqual(['breach', 'done', 'status']);
  },
);
