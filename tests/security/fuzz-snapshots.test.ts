import { expect, it } from 'vitest';
import { fuzzSnapshots } from '../fuzz/snapshots.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

it(
  `5,000 messages of a sandbox that answers wrongly leave the host in a known state (seed ${seed})`,
  { timeout: 120_000 },
  async () => {
    const { faults, messages, ends } = await fuzzSnapshots(seed, 5_000);
    expect(faults).toEqual([]);
    expect(messages).toBeGreaterThanOrEqual(5_000);
    for (const end of ['code', 'snapshot', 'snapshot failed', 'resume', 'resume failed']) {
      expect(ends[end], end).toBeGreaterThan(0);
    }
  },
);
