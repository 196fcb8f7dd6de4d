import { describe, expect, it } from 'vitest';
import { limitsOf, resourceLimits } from '../../../kernel/sandbox/limits.ts';
import { plainConfig } from '../../support/sandboxes.ts';

describe('limits', () => {
  it('come from the configuration, in bytes', () => {
    const config = { ...plainConfig(), memoryMb: 512, processes: 9, fileMb: 2, cpuSeconds: 30, diskMb: 3 };
    expect(limitsOf(config)).toEqual({
      memoryBytes: 536870912,
      processes: 9,
      openFiles: 1024,
      fileBytes: 2097152,
      cpuSeconds: 30,
      diskBytes: 3145728,
      newFiles: 100_000,
      messagesPerSecond: 10_000,
    });
  });

  it('are written as init.py reads them', () => {
    const text = resourceLimits({
      ...limitsOf(plainConfig()),
      ...{ memoryBytes: 1000, processes: 9, openFiles: 64, fileBytes: 2000, cpuSeconds: 30 },
    });
    const items = text.split(',');
    for (const item of items) expect(item).toMatch(/^[A-Z]+=\d+:\d+$/);
    expect(items).toEqual(
      expect.arrayContaining([
        'AS=1000:1000',
        'NPROC=9:9',
        'NOFILE=64:64',
        'FSIZE=2000:2000',
        'CPU=30:35',
        'CORE=0:0',
      ]),
    );
  });

  it('leave out the number of processes where it would count those of others', () => {
    expect(resourceLimits(limitsOf(plainConfig()), { shared: true })).not.toContain('NPROC');
  });
});
