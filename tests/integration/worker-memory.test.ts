import { afterAll, describe, expect, it } from 'vitest';
import { run, Workers } from '../support/workers.ts';

describe('memory that grows', () => {
  const workers = new Workers();
  afterAll(() => workers.close());

  it('is told when it is much, once, and again when it is much more', async () => {
    const { worker } = workers.create({ limits: { memoryBytes: 2 ** 30 } });
    const fill = (name: string, mb: number): string => `${name} = b"x" * (${mb} << 20)`;
    expect((await run(worker, fill('a', 50))).notice).toBeUndefined();
    const { status, notice } = await run(worker, fill('b', 300));
    expect(status).toBe('ok');
    expect(notice).toMatch(/^Python holds (3[5-9]\d|4\d\d) MB of memory now; 1024 MB are allowed\.$/);
    expect((await run(worker, 'len(b)')).notice).toBeUndefined();
    expect((await run(worker, 'del b')).notice).toBeUndefined();
    expect((await run(worker, fill('c', 300))).notice).toMatch(/^Python holds \d{3} MB/);
  });
});
