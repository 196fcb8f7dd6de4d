import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { run, Workers } from '../support/workers.ts';

/** A snapshot is a fork: what other threads, signals and deaths may do to it at the worst moment, made certain. */
let workers: Workers;
let worker: SessionWorker;
let workspace: string;

beforeEach(() => {
  workers = new Workers();
  ({ worker, workspace } = workers.create({ isolation: 'bubblewrap' }));
});
afterEach(() => workers.close());

const print = async (code: string): Promise<string> => (await run(worker, code)).stdout.trim();

describe('a snapshot', () => {
  it('is taken while a thread is about to send', async () => {
    const sender = `
import threading, time
outbox = get_ipython().outbox
def send():
    while outbox.request is not None: time.sleep(0.001)
    with outbox.streams.lock:
        open("sending", "w").close()
        end = time.monotonic() + 1
        while time.monotonic() < end and outbox.channel.lock.acquire(blocking=False):
            outbox.channel.lock.release()
        with outbox.channel.lock:
            pass
threading.Thread(target=send).start()
n = 7`;
    await run(worker, sender);
    await vi.waitFor(() => expect(existsSync(join(workspace, 'sending'))).toBe(true), 20_000);
    await worker.resume(await worker.snapshot());
    expect(await print('print(n)')).toBe('7');
  });

  it('does not keep what a thread was importing', async () => {
    await run(
      worker,
      `
import threading
open("slow.py", "w").write("import gate\\ngate.entered.set()\\ngate.go.wait()\\nvalue = 5\\n")
open("gate.py", "w").write("import threading\\nentered, go = threading.Event(), threading.Event()\\n")
import gate
threading.Thread(target=__import__, args=("slow",), daemon=True).start()
gate.entered.wait()`,
    );
    await worker.resume(await worker.snapshot());
    expect(
      (await run(worker, 'gate.go.set()\nimport slow\nprint(slow.value)', { timeoutMs: 20_000 })).stdout,
    ).toBe('5\n');
  });

  it('is taken of a session that ignores what becomes of its children, and stays so', async () => {
    await run(worker, 'import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nn = 3');
    const id = await worker.snapshot();
    await worker.resume(id);
    expect(await print('print(n, signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN)')).toBe('3 True');
  });
});

it('a thread that goes on showing when its cell has ended does not end the process', async () => {
  await run(
    worker,
    `
import threading
from IPython.display import display
def show():
    for n in range(20_000): display({"text/plain": "x"}, raw=True)
shower = threading.Thread(target=show)
shower.start()
n = 1`,
  );
  for (let cell = 0; cell < 50; cell += 1) expect((await run(worker, 'n += 1')).status).toBe('ok');
  expect(await print('shower.join()\nprint(n)')).toBe('51');
});

it('a thread that asks for input takes no message that is meant for the session', async () => {
  const asks = `
import threading, time
outbox, problems = get_ipython().outbox, []
def ask():
    while outbox.request is not None: time.sleep(0.001)
    open("asking", "w").close()
    try: input("?")
    except Exception as error: problems.append(str(error))
asker = threading.Thread(target=ask, daemon=True)
asker.start()`;
  await run(worker, asks, { onInput: () => Promise.resolve('yes') });
  await vi.waitFor(() => expect(existsSync(join(workspace, 'asking'))).toBe(true), 20_000);
  for (let cell = 0; cell < 20; cell += 1) {
    expect((await run(worker, '1', { timeoutMs: 10_000 })).status).toBe('ok');
  }
  expect(await print('asker.join()\nprint(*problems)')).toBe('Only the main thread can ask for input.');
});

it('a copy that dies while it says that it is there is not taken for the session', async () => {
  await run(
    worker,
    `
import os, time
from replique_worker import snapshots
arrive = snapshots.arrive
def dying(session, head, role, **fields):
    if role == "snapshot": return arrive(session, head, role, **fields)
    mother = os.getpid()
    if os.fork() == 0:
        while os.getppid() == mother: time.sleep(0.001)
        time.sleep(0.3)
        os.getpid = lambda: mother
        arrive(session, head, role, **fields)
    os._exit(0)
snapshots.arrive = dying`,
  );
  const id = await worker.snapshot();
  await worker.resume(id).catch(() => undefined);
  const next = await run(worker, 'print("alive")', { timeoutMs: 30_000 });
  expect(next.status).toBe('ok');
  expect(next.stdout).toBe('alive\n');
}, 60_000);
