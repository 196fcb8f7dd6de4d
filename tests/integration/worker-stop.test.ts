import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExecuteOptions } from '../../kernel/sandbox/contract.ts';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { runningIn } from '../support/sandboxes.ts';
import { run, Workers, type Ran } from '../support/workers.ts';

/** Sleeps in C without seeing signals. */
const deaf = [
  'import signal, time',
  'signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])',
  'print("deaf", flush=True)',
  'while True: time.sleep(1)',
].join('\n');

/** Code that never ends, stopped once it has printed `ready`. */
async function stopped(
  worker: SessionWorker,
  code: string,
  options: Partial<ExecuteOptions> = {},
): Promise<Ran & { readonly tookMs: number }> {
  const controller = new AbortController();
  let aborted = 0;
  const outcome = await run(worker, code, {
    signal: controller.signal,
    onOutput: (output) => {
      if (output.kind !== 'stream' || aborted > 0) return;
      aborted = performance.now();
      controller.abort();
    },
    ...options,
  });
  return { ...outcome, tookMs: performance.now() - aborted };
}

describe.each(['bubblewrap', 'none'] as const)('stopping the worker (%s)', (isolation) => {
  const workers = new Workers();
  let worker: SessionWorker;
  let workspace: string;
  let impatient: SessionWorker;

  beforeAll(async () => {
    ({ worker, workspace } = workers.create({ isolation, busyGraceMs: 20_000 }));
    ({ worker: impatient } = workers.create({ isolation, busyGraceMs: 300 }));
    await worker.ready();
    await run(worker, 'kept = 1');
  });
  afterAll(() => workers.close());

  it('interrupts Python that spins, waits or reads, and keeps its memory', async () => {
    for (const code of [
      'print("ready", flush=True)\nwhile True: pass',
      'import time\nprint("ready", flush=True)\ntime.sleep(60)',
      'import subprocess\nprint("ready", flush=True)\nsubprocess.run(["sleep", "60"])',
    ]) {
      const outcome = await stopped(worker, code);
      expect(outcome.status).toBe('interrupted');
      expect(outcome.tookMs).toBeLessThan(15_000); // less than it may stay busy
    }
    expect((await run(worker, 'print(kept)')).stdout).toBe('1\n');
  });

  it('interrupts only the request that is meant', async () => {
    for (let round = 0; round < 10; round += 1) {
      const controller = new AbortController();
      const first = run(worker, 'pass', { signal: controller.signal });
      setImmediate(() => controller.abort());
      await first;
      expect((await run(worker, 'sum(range(1000))')).status).toBe('ok');
    }
  });

  it('ends bash and all that it started', async () => {
    const seconds = unlikely();
    const outcome = await stopped(worker, `sleep ${seconds} & echo ready; sleep ${seconds}`, {
      language: 'bash',
    });
    expect(outcome.status).toBe('interrupted');
    await run(worker, '1');
    await expect.poll(() => commandLines().filter((line) => line.includes(seconds))).toEqual([]);
  });

  it('stops what takes too long, and says how to allow more', async () => {
    const outcome = await run(worker, 'import time\ntime.sleep(60)', { timeoutMs: 200 });
    expect(outcome.status).toBe('timeout');
    expect(outcome.notice).toContain('0.2 s');
    expect(outcome.notice).toContain('timeout="…"');
    expect(outcome.notice).toContain('REPLIQUE_HELPER_TIMEOUT');
    expect((await run(worker, 'print(kept)')).stdout).toBe('1\n');
  });

  it('does not count the time that a person takes', async () => {
    const outcome = await run(worker, 'print(input())', {
      timeoutMs: 2_000,
      onInput: () => new Promise((resolve) => setTimeout(() => resolve('late'), 2_500)),
    });
    expect(outcome).toMatchObject({ status: 'ok', stdout: 'late\n' });
  });

  it('interrupts a question to the person', async () => {
    const controller = new AbortController();
    const outcome = await run(worker, 'input("?")', {
      signal: controller.signal,
      onInput: () => {
        controller.abort();
        return new Promise((resolve) => setTimeout(() => resolve('too late'), 300));
      },
    });
    expect(outcome.status).toBe('interrupted');
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect((await run(worker, 'print(kept)')).stdout).toBe('1\n');
  });

  it('replaces a process that does not stop, by a fresh one where there is no snapshot', async () => {
    await run(impatient, 'kept = 1');
    const outcome = await stopped(impatient, deaf);
    expect(outcome.status).toBe('interrupted');
    const next = await run(impatient, 'print("kept" in globals())');
    expect(next.stdout).toBe('False\n');
    expect(next.notice).toContain('still busy 0.3 s');
    expect(next.notice).toContain('started anew');
    expect((await run(impatient, '1')).notice).toBeUndefined();
  });

  it('replaces it by the newest snapshot where there is one, after a timeout too', async () => {
    await run(impatient, 'kept = 2');
    await impatient.snapshot();
    const outcome = await run(impatient, `kept = 3\n${deaf}`, { timeoutMs: 300 });
    expect(outcome.status).toBe('timeout');
    const next = await run(impatient, 'print(kept)');
    expect(next.stdout).toBe('2\n');
    expect(next.notice).toContain('from before that code');
  });

  it.each([
    ['os._exit(7)', 'exit status 7'],
    ['os.kill(os.getpid(), 9)', 'SIGKILL'],
    ['import ctypes; ctypes.string_at(0)', 'SIGSEGV'],
    ['os.abort()', 'signal 6'],
  ])('survives %s', async (code, said) => {
    await run(worker, 'import os\nkept = 4');
    await worker.snapshot();
    const outcome = await run(worker, `kept = 5\nprint("last words", flush=True)\n${code}`);
    expect(outcome).toMatchObject({ status: 'died', stdout: 'last words\n' });
    expect(outcome.notice).toContain(said);
    expect((await run(worker, 'print(kept)')).stdout).toBe('4\n');
  });

  it('notices that it died between two helpers', async () => {
    await run(worker, 'kept = 6');
    await worker.snapshot();
    const before = runningIn(workspace).length;
    await run(worker, 'import os, threading\nthreading.Timer(0.05, lambda: os._exit(3)).start()');
    await expect.poll(() => runningIn(workspace).length).toBeLessThan(before);
    await new Promise((resolve) => setTimeout(resolve, 400)); // it is told of what has ended
    const next = await run(worker, 'print(kept)');
    expect(next.stdout).toBe('6\n');
    expect(next.notice).toContain('exit status 3');
  });

  it('does not start what was aborted before, and waits for its turn otherwise', async () => {
    expect(await run(worker, 'kept = 7', { signal: AbortSignal.abort() })).toMatchObject({
      status: 'interrupted',
      outputs: [],
    });
    const [first, second] = await Promise.all([
      run(worker, 'order = [1]'),
      run(worker, 'order.append(2)\nprint(order)'),
    ]);
    expect([first.status, second.stdout]).toEqual(['ok', '[1, 2]\n']);
    const controller = new AbortController();
    const long = run(worker, 'import time\ntime.sleep(60)', { timeoutMs: 500 });
    const waiting = run(worker, 'kept = 8', { signal: controller.signal });
    controller.abort();
    expect((await waiting).status).toBe('interrupted');
    expect((await long).status).toBe('timeout');
    expect((await run(worker, 'print(kept)')).stdout).toBe('6\n');
  });
});

describe('limits', () => {
  const workers = new Workers();
  afterAll(() => workers.close());

  it('of memory are an error in Python, and the session goes on', async () => {
    const { worker } = workers.create({ limits: { memoryBytes: 1024 ** 3 } });
    expect((await run(worker, 'x = 1\ny = bytearray(2 << 30)')).error!.ename).toBe('MemoryError');
    expect((await run(worker, 'print(x)')).stdout).toBe('1\n');
  });

  it('of processor time end the helper, and say which it was', async () => {
    const { worker } = workers.create({ limits: { cpuSeconds: 3 } });
    const outcome = await run(worker, 'while True: pass');
    expect(outcome.status).toBe('limit');
    expect(outcome.notice).toContain('REPLIQUE_CPU_SECONDS');
  });

  it('of output drop the rest, and say so', async () => {
    const { worker } = workers.create();
    const outcome = await run(worker, 'for _ in range(70): print("x" * (1 << 20))\nprint("end")');
    expect(outcome.status).toBe('ok');
    expect(outcome.notice).toContain('64 MB');
    expect(outcome.stdout.length).toBeLessThan(66 * 1024 * 1024);
    expect(outcome.stdout).not.toContain('end');
  });
});

describe('the end', () => {
  const workers = new Workers();
  afterAll(() => workers.close());

  it.each(['bubblewrap', 'none'] as const)('leaves no process behind (%s)', async (isolation) => {
    const { worker } = workers.create({ isolation });
    const seconds = unlikely();
    await run(worker, `import subprocess\nsubprocess.Popen(["sleep", "${seconds}"])`);
    await worker.snapshot();
    await run(worker, `setsid sleep ${seconds} & `, { language: 'bash' });
    await worker.close();
    expect(commandLines().filter((line) => line.includes(seconds))).toEqual([]);
    await expect(worker.ready()).rejects.toThrow('closed');
  });

  it('comes at once while a helper runs', async () => {
    const { worker } = workers.create();
    await worker.ready();
    const running = run(worker, 'import time\ntime.sleep(60)');
    const waiting = run(worker, '1');
    await new Promise(setImmediate);
    await worker.close();
    expect((await running).status).toBe('died');
    expect((await waiting).status).toBe('died');
  });

  it('a restart forgets everything', async () => {
    const { worker } = workers.create();
    await run(worker, 'x = 1');
    const id = await worker.snapshot();
    const running = run(worker, 'import time\ntime.sleep(60)');
    const waiting = run(worker, 'x = 2');
    await worker.restart();
    expect((await running).status).toBe('died');
    expect(await waiting).toMatchObject({
      status: 'died',
      notice: 'The session was restarted before it began.',
    });
    expect((await run(worker, 'x')).error!.ename).toBe('NameError');
    await expect(worker.resume(id)).rejects.toThrow('gone');
  });
});

/** A time that no other process of this machine sleeps for. */
const unlikely = (): string => String(1e9 + randomInt(1e9));

/** Of all processes that this one can see. */
function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    });
}
