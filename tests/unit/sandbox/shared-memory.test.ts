import { describe, expect, it } from 'vitest';
import { SharedMemory } from '../../../kernel/sandbox/watchdog/shared.ts';
import { usageBelow, type SeenProcess } from '../../../kernel/sandbox/watchdog/usage.ts';

const own = (): SeenProcess => usageBelow(process.pid).processes.find(({ pid }) => pid === process.pid)!;
const usage = (
  processes: readonly SeenProcess[],
): { processes: readonly SeenProcess[]; cpuSeconds: number } => ({
  processes,
  cpuSeconds: 0,
});

describe.runIf(process.platform === 'linux')('memory that processes share', () => {
  it('is bounded by what all have, until it was counted', async () => {
    const seen = { ...own(), residentBytes: 2 ** 40 };
    const shared = new SharedMemory();
    expect(shared.atMost([seen, seen])).toBe(2 ** 41);
    expect(shared.counted([seen])).toBe(0);
    const counted = await shared.count(usage([seen]), () => true);
    expect(counted).toBeLessThan(2 ** 35);
    expect(shared.atMost([seen])).toBe(counted);
  });

  it('of one that only waits is what was counted; of one that has touched memory since, all that it has', async () => {
    const seen = { ...own(), residentBytes: 2 ** 40 };
    const shared = new SharedMemory();
    const counted = await shared.count(usage([seen]), () => true);
    expect(shared.atMost([{ ...seen, faults: seen.faults + 1 }])).toBe(2 ** 40);
    const grown = { ...seen, pid: 1, residentBytes: 2 ** 30 };
    expect(shared.atMost([seen, grown])).toBe(counted + 2 ** 30);
  });

  it('of one that works is all that it has, however often it was counted', async () => {
    const seen = own();
    const shared = new SharedMemory();
    await shared.count(usage([seen]), () => false);
    const grown = { ...seen, residentBytes: 2 ** 40 };
    expect(shared.atMost([grown])).toBe(2 ** 40);
  });
});
