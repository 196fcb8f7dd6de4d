import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { killQuietly } from '../../kernel/sandbox/kill.ts';
import { createLauncher } from '../../kernel/sandbox/launcher.ts';
import { limitsOf } from '../../kernel/sandbox/limits.ts';
import { WarmPool } from '../../kernel/sandbox/warm-pool.ts';
import type { WorkerProcess } from '../../kernel/sandbox/worker-process.ts';
import { plainConfig, Playground, runningIn } from '../support/sandboxes.ts';
import { pythonOfTests, run, Workers } from '../support/workers.ts';

describe('the warm pool', () => {
  const config = plainConfig();
  let ground: Playground;
  let pool: WarmPool;
  let taken: WorkerProcess[];

  beforeEach(() => {
    ground = new Playground();
    taken = [];
    pool = new WarmPool(
      {
        launcher: createLauncher(config),
        python: pythonOfTests,
        workspace: ground.workspace,
        limits: limitsOf(config),
      },
      1,
    );
  });
  afterEach(async () => {
    await pool.close();
    await Promise.all(taken.map((worker) => worker.close()));
    await ground.close();
  });

  const take = async (): Promise<WorkerProcess> => {
    const worker = await pool.take();
    taken.push(worker);
    return worker;
  };

  it('hands out a worker that was there before, in a sandbox of its own, and starts the next', async () => {
    const first = await take();
    await pool.filled();
    const before = new Set(runningIn(ground.workspace));
    const second = await take();
    await pool.filled();
    expect(second.peer).not.toBe(first.peer);
    expect(await second.peer.ask({ kind: 'names', path: [], prefix: 'x' })).toMatchObject({ names: [] });
    // Half as many again, once programs that only helped to start are gone.
    const more = (): number => {
      const now = runningIn(ground.workspace);
      const stayed = now.filter((pid) => before.has(pid)).length;
      return (now.length - stayed) / stayed;
    };
    await expect.poll(more, { timeout: 10_000 }).toBe(0.5);
  });

  it('passes over one that has died', async () => {
    await take();
    const living = runningIn(ground.workspace);
    await pool.filled();
    // Some of its processes only help to start: all go, whichever they are.
    const waiting = (): number => {
      for (const pid of runningIn(ground.workspace)) if (!living.includes(pid)) killQuietly(pid);
      return pool.waiting;
    };
    await expect.poll(waiting).toBe(0);
    const next = await take();
    expect(await next.peer.ask({ kind: 'names', path: [], prefix: 'x' })).toMatchObject({ names: [] });
  });

  it('ends what waits, and what is on its way', async () => {
    await take();
    await Promise.all([pool.close(), ...taken.map((worker) => worker.close())]);
    expect(runningIn(ground.workspace)).toEqual([]);
  });

  it('replaces a worker that was lost without a snapshot, and nothing of its sandbox is left', async () => {
    const workers = new Workers();
    const { worker } = workers.create({ isolation: 'bubblewrap', warmWorkers: 1 });
    try {
      const lost = await run(worker, 'import os; open("/tmp/left", "w").close(); os._exit(3)');
      expect(lost.status).toBe('died');
      expect((await run(worker, 'import os; print(os.path.exists("/tmp/left"))')).stdout).toBe('False\n');
    } finally {
      await workers.close();
    }
  });
});
