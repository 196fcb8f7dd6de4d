import { expect, it } from 'vitest';
import { fuzzWire } from '../fuzz/wire.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

it(
  `5,000 messages of a hostile client: what is validly signed is answered once, and nothing else runs (seed ${seed})`,
  { timeout: 300_000 },
  async () => {
    const { faults, messages, ends } = await fuzzWire(seed, 5_000);
    expect(faults).toEqual([]);
    expect(messages).toBe(5_000);
    expect(ends['answered']).toBeGreaterThan(1_500);
    expect(ends['ran']).toBeGreaterThan(200);
  },
);
