import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { runningIn } from '../support/sandboxes.ts';
import { run, Workers } from '../support/workers.ts';

describe.each(['bubblewrap', 'none'] as const)('snapshots (%s)', (isolation) => {
  const workers = new Workers();
  let worker: SessionWorker;
  let workspace: string;

  beforeAll(async () => {
    ({ worker, workspace } = workers.create({ isolation, busyGraceMs: 20_000 }));
    await worker.ready();
  });
  afterAll(() => workers.close());

  const print = async (code: string): Promise<string> => (await run(worker, code)).stdout.trim();

  it('bring memory back, as often as wanted, in any order', async () => {
    await run(worker, 'x = [1]');
    const first = await worker.snapshot();
    await run(worker, 'x.append(2)');
    const second = await worker.snapshot();
    await run(worker, 'x.append(3)');
    for (const [id, expected] of [
      [first, '[1]'],
      [second, '[1, 2]'],
      [first, '[1]'],
      [first, '[1]'],
      [second, '[1, 2]'],
    ] as const) {
      await worker.resume(id);
      expect(await print('print(x); x.append(9)')).toBe(expected);
    }
  });

  it('that were being taken when the worker was closed leave no timer', async () => {
    const timers = async (): Promise<number> => {
      await wait(100);
      return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    };
    const other = workers.create({ isolation }).worker;
    await other.ready();
    let before = 0;
    for (let look = 0; look < 5; look += 1) before = Math.max(before, await timers());
    const taken = other.snapshot();
    await wait(0);
    await Promise.all([other.close(), expect(taken).rejects.toThrow('could not be kept')]);
    // Others come and go in this process; one that was left would stay.
    await expect.poll(timers, { timeout: 3_000 }).toBeLessThanOrEqual(before);
  });

  it('can be taken of what was resumed', async () => {
    await run(worker, 'n = 0');
    let id = await worker.snapshot();
    for (let depth = 1; depth <= 4; depth += 1) {
      await worker.resume(id);
      await run(worker, 'n += 1');
      id = await worker.snapshot();
    }
    await worker.resume(id);
    expect(await print('print(n)')).toBe('4');
  });

  it('bring back random numbers, the history of results and an open figure', async () => {
    await run(worker, 'import random, numpy as np, matplotlib.pyplot as plt\nnp.random.rand()\n"result"');
    await run(worker, 'figure, axes = plt.subplots(); plt.close(figure)\naxes.plot([1]);');
    const id = await worker.snapshot();
    const draw = 'print(random.random(), np.random.rand(), _, len(axes.lines))';
    const drawn = await print(draw);
    expect(drawn).toContain('result 1');
    await worker.resume(id);
    expect(await print(draw)).toBe(drawn);
    await worker.resume(id);
    expect(await print(draw)).toBe(drawn);
  });

  it('do not share an event loop with their copies', async () => {
    await run(worker, 'import asyncio\nawait asyncio.sleep(0.001)');
    await run(worker, '%%bash\ntrue');
    const id = await worker.snapshot();
    await worker.resume(id);
    expect(await print('await asyncio.sleep(0.001)\nprint("slept")')).toBe('slept');
    expect(await print('%%bash\necho shell')).toBe('shell');
  });

  it('end what the replaced process had started, and say that threads are gone', async () => {
    const id = await worker.snapshot();
    const started = await print('import subprocess\nprint(subprocess.Popen(["sleep", "600"]).pid)');
    await worker.resume(id);
    expect(await print(`import os\nprint(os.path.exists("/proc/${started}/fd/1"))`)).toBe('False');
    await run(
      worker,
      'import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()',
    );
    await worker.resume(await worker.snapshot());
    const next = await run(worker, '1');
    expect(next.notice).toContain('A thread');
    expect((await run(worker, '1')).notice).toBeUndefined();
  });

  it('are children that no helper meets', async () => {
    await worker.snapshot();
    const waited =
      'import os\ntry: print(os.waitpid(-1, os.WNOHANG))\nexcept ChildProcessError: print("none")';
    expect(await print(waited)).toBe('none');
  });

  it('can be interrupted after they were resumed', async () => {
    await run(worker, 'y = 1');
    await worker.resume(await worker.snapshot());
    const outcome = await run(worker, 'y = 2\nwhile True: pass', { timeoutMs: 300 });
    expect(outcome.status).toBe('timeout');
    expect(await print('print(y)')).toBe('2');
  });

  it('are dropped on demand', async () => {
    const dropped = await worker.snapshot();
    expect(worker.has(dropped)).toBe(true);
    await worker.drop(dropped);
    await worker.drop('never was');
    expect([dropped, 'never was'].map((id) => worker.has(id))).toEqual([false, false]);
    await expect(worker.resume(dropped)).rejects.toMatchObject({ code: 'SNAPSHOT_FAILED' });
  });

  it('that are slow to leave take no message from those that come after them', async () => {
    const before = runningIn(workspace);
    const slow = await worker.snapshot();
    const [stopped] = runningIn(workspace).filter((pid) => !before.includes(pid));
    process.kill(stopped!, 'SIGSTOP');
    await worker.drop(slow);
    const ids: string[] = [];
    for (let n = 0; n < 8; n += 1) {
      await run(worker, `n = ${n}`);
      ids.push(await worker.snapshot());
    }
    try {
      process.kill(stopped!, 'SIGCONT');
    } catch {
      // It has been ended, as it should.
    }
    for (const [n, id] of ids.entries()) {
      await worker.resume(id);
      expect(await print('print(n)')).toBe(String(n));
    }
  });

  it('are not what a dead process comes back to once they are left behind', async () => {
    await run(worker, 'z = "old"');
    const old = await worker.snapshot();
    await run(worker, 'z = "new"');
    await worker.snapshot();
    await worker.resume(old);
    expect((await run(worker, 'import os\nos._exit(1)')).notice).toContain('from before that code');
    expect(await print('print(z)')).toBe('old');
  });
});

describe('many snapshots', () => {
  const workers = new Workers();
  afterAll(() => workers.close());

  const keep = async (worker: SessionWorker, count: number, code: string): Promise<string[]> => {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) {
      await run(worker, `n = ${n}\n${code}`);
      ids.push(await worker.snapshot());
    }
    return ids;
  };

  it('are fifty; those that were used longest ago go, and nothing of them stays', async () => {
    const { worker, workspace } = workers.create({ isolation: 'bubblewrap' });
    const ids = await keep(worker, 52, '');
    const alive = (): number[] => ids.flatMap((id, n) => (worker.has(id) ? [n] : []));
    expect(alive()).toEqual(Array.from({ length: 50 }, (_, n) => n + 2));
    await expect(worker.resume(ids[1]!)).rejects.toThrow('gone');
    await worker.resume(ids[2]!);
    expect((await run(worker, 'print(n)')).stdout).toBe('2\n');
    await worker.snapshot();
    expect(alive().slice(0, 2)).toEqual([2, 4]);
    // More than there are channels.
    const later = await keep(worker, 70, '');
    await worker.resume(later[20]!);
    expect((await run(worker, 'print(n)')).stdout).toBe('20\n');
    await vi.waitFor(() => expect(runningIn(workspace).length).toBeLessThanOrEqual(50 + 4), {
      timeout: 10_000,
    });
    await worker.restart();
    expect(worker.has(later[69]!)).toBe(false);
  }, 120_000);

  it('leave helpers all the processes that they may start, and no more', async () => {
    const { worker } = workers.create({ isolation: 'bubblewrap', limits: { processes: 30 } });
    const crowd = `
import os, signal
children = []
try:
    while True:
        if (pid := os.fork()) == 0:
            signal.pause()
        children.append(pid)
except BlockingIOError: pass
for pid in children: os.kill(pid, 9); os.waitpid(pid, 0)
print(len(children))`;
    const before = Number((await run(worker, crowd)).stdout);
    expect(before).toBeGreaterThan(20);
    const ids = await keep(worker, 50, '');
    const after = Number((await run(worker, crowd)).stdout);
    expect(after).toBeGreaterThanOrEqual(before);
    expect(after).toBeLessThanOrEqual(before + 4);
    await worker.resume(ids[10]!);
    expect(Number((await run(worker, crowd)).stdout)).toBeLessThanOrEqual(before + 4);
  }, 120_000);

  it('hold no more than half of the memory together, and the newest stays', async () => {
    const { worker } = workers.create({ isolation: 'bubblewrap', limits: { memoryBytes: 600 * 2 ** 20 } });
    const ids = await keep(worker, 30, 'block = bytes([n]) * (30 << 20)');
    await vi.waitFor(() => expect(ids.filter((id) => worker.has(id)).length).toBeLessThan(14), {
      timeout: 10_000,
    });
    const alive = ids.filter((id) => worker.has(id));
    expect(alive.length).toBeGreaterThan(2);
    expect(alive).toEqual(ids.slice(-alive.length));
    await worker.resume(alive[0]!);
    expect((await run(worker, 'print(block[0] == n)')).stdout).toBe('True\n');
    // Work is not ended for them.
    const large = await run(worker, 'large = b"x" * (400 << 20)');
    expect([large.status, large.notice]).toEqual(['ok', expect.stringContaining('Python holds')]);
  }, 120_000);

  it('hold no more than a tenth of what the machine has left', async () => {
    const spied = vi.spyOn(process, 'availableMemory').mockReturnValue(2_000_000_000);
    try {
      const { worker } = workers.create({ isolation: 'bubblewrap' });
      const ids = await keep(worker, 15, 'block = bytes([n]) * (30 << 20)');
      const alive = (): string[] => ids.filter((id) => worker.has(id));
      await vi.waitFor(() => expect(alive().length).toBeLessThan(9), { timeout: 10_000 });
      expect(alive().length).toBeGreaterThan(2);
      expect(alive()).toEqual(ids.slice(-alive().length));
    } finally {
      spied.mockRestore();
    }
  }, 120_000);
});

describe('a snapshot that cannot be taken', () => {
  const workers = new Workers();
  afterAll(() => workers.close());

  it('is an error with a remedy, and the session goes on', async () => {
    const { worker } = workers.create({ isolation: 'bubblewrap' });
    const refused = `
import os
fork, x = os.fork, 1
def refuse(): raise OSError(11, "Resource temporarily unavailable")
os.fork = refuse`;
    await run(worker, refused);
    // More often than there are channels: none of those that could not be taken keeps one.
    for (let n = 0; n < 70; n += 1) {
      await expect(worker.snapshot()).rejects.toMatchObject({ code: 'SNAPSHOT_FAILED' });
    }
    expect((await run(worker, 'print(x)\nos.fork = fork')).stdout).toBe('1\n');
    await worker.snapshot();
  });

  it('is none where code has as many threads as it may', async () => {
    const { worker } = workers.create({ isolation: 'bubblewrap', limits: { processes: 16 } });
    await run(worker, 'import threading\nstop = threading.Event()\nx = 1');
    const crowd =
      'try:\n    while True: threading.Thread(target=stop.wait).start()\nexcept RuntimeError: print("full")';
    expect((await run(worker, crowd)).stdout).toBe('full\n');
    await worker.resume(await worker.snapshot());
    expect((await run(worker, 'print(x)')).stdout).toBe('1\n');
  });
});
