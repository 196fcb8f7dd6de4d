import { expect, it } from 'vitest';
import { fuzzHttp } from '../fuzz/http.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

it(
  `1,500 requests of a hostile client: each whole one is answered without an error of the server (seed ${seed})`,
  { timeout: 300_000 },
  async () => {
    const { faults, messages, ends } = await fuzzHttp(seed, 1_500);
    expect(faults).toEqual([]);
    expect(messages).toBeGreaterThanOrEqual(1_500);
    expect(ends['2xx']).toBeGreaterThan(50);
    expect(ends['4xx']).toBeGreaterThan(500);
    expect(ends['streams']).toBeGreaterThan(0);
  },
);
