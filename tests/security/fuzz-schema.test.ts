import { expect, it } from 'vitest';
import { fuzzSchema } from '../fuzz/schema.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

it(
  `requests made from jupyter_server’s api.yaml and from ours are answered without an error of the server (seed ${seed})`,
  { timeout: 300_000 },
  async () => {
    const { faults, messages, ends } = await fuzzSchema(seed, 200);
    expect(faults).toEqual([]);
    expect(messages).toBeGreaterThanOrEqual(200);
    expect(ends['2xx']).toBeGreaterThan(20);
    expect(ends['4xx']).toBeGreaterThan(50);
  },
);
