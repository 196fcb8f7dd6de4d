import { afterEach, expect, it } from 'vitest';
import { run, Workers } from '../support/workers.ts';

const workers = new Workers();
afterEach(() => workers.close());

const others = `import os
found = sorted(int(p) for p in os.listdir("/proc") if p.isdigit() and int(p) not in (1, os.getpid()))`;

it(
  'a helper that ends any process of its sandbox, beside which a snapshot waits, does not end the session',
  { timeout: 90_000 },
  async () => {
    const { worker } = workers.create({ isolation: 'bubblewrap' });
    await run(worker, 'kept = 1');
    await worker.snapshot();
    const { stdout } = await run(worker, `${others}\nprint(*found)`);
    const places = stdout.trim().split(' ').length;
    expect(places).toBeGreaterThanOrEqual(4);
    for (let place = 0; place < places; place += 1) {
      await run(worker, `${others}\nos.kill(found[${place} % len(found)], 9)`);
      await expect
        .poll(async () => (await run(worker, 'print("on")')).stdout, { timeout: 20_000, interval: 100 })
        .toBe('on\n');
      await worker.snapshot();
    }
  },
);
