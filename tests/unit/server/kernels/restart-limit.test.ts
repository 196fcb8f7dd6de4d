import { describe, expect, it } from 'vitest';
import { RestartLimit } from '../../../../server/services/kernels/restart-limit.ts';

describe('how often a kernel is started again', () => {
  it('is five times in a row, each later than the one before', () => {
    const limit = new RestartLimit();
    const pauses = Array.from({ length: 7 }, () => limit.pauseMs(true, 100));
    expect(pauses).toEqual([0, 500, 1000, 1500, 2000, undefined, undefined]);
  });

  it('begins anew after one that has lived for ten seconds and answered', () => {
    const limit = new RestartLimit();
    for (let n = 0; n < 5; n += 1) limit.pauseMs(true, 9999);
    expect(limit.pauseMs(false, 60_000)).toBeUndefined();
    expect(limit.pauseMs(true, 10_000)).toBe(0);
    expect(limit.pauseMs(true, 100)).toBe(500);
  });
});
