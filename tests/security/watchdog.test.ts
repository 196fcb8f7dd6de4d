import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Limits } from '../../kernel/sandbox/contract.ts';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { proportionalBytes, residentBytes, usageBelow } from '../../kernel/sandbox/watchdog/usage.ts';
import { runningIn } from '../support/sandboxes.ts';
import { run, Workers } from '../support/workers.ts';

/** Limits of all processes together, and of the workspace. Each attack is shown to work where the limit is higher. */

const MiB = 2 ** 20;
let workers: Workers;
beforeEach(() => {
  workers = new Workers();
});
afterEach(() => workers.close());

const withLimits = (limits: Partial<Limits>, more = {}): { worker: SessionWorker; workspace: string } =>
  workers.create({ isolation: 'bubblewrap', limits, ...more });

/** Each of `count` processes fills that much memory, says so, and stays. */
const hoard = (count: number, mebibytes: number): string => `
import os, time
for _ in range(${count}):
    if os.fork() == 0:
        held = b"x" * (${mebibytes} << 20)
        time.sleep(600)
time.sleep(600)`;

describe('the watchdog', () => {
  it('ends processes that use too much memory together, each of them less than is allowed', async () => {
    const { worker, workspace } = withLimits({ memoryBytes: 700 * MiB });
    await run(worker, 'kept = 41');
    await worker.snapshot();
    const before = runningIn(workspace).length;
    const outcome = await run(worker, hoard(4, 300), { timeoutMs: 60_000 });
    expect(outcome.status).toBe('limit');
    expect(outcome.notice).toMatch(
      /All processes together used \d+ MB of memory; 700 MB are allowed.*REPLIQUE_MEMORY_MB/,
    );
    const used = Number(/used (\d+) MB/.exec(outcome.notice!)![1]);
    expect(used).toBeGreaterThanOrEqual(700);
    expect((await run(worker, 'print(kept + 1)')).stdout).toBe('42\n');
    await vi.waitFor(() => expect(runningIn(workspace).length).toBeLessThanOrEqual(before), 20_000);
  });

  it('lets the same processes be where the limit is higher', async () => {
    const { worker } = withLimits({ memoryBytes: 3000 * MiB });
    const outcome = await run(worker, hoard(4, 300), { timeoutMs: 3_000 });
    expect(outcome.status).toBe('timeout');
  });

  it('counts memory that many snapshots share once', async () => {
    const { worker } = withLimits({ memoryBytes: 700 * MiB });
    await run(worker, 'held = b"x" * (200 << 20)');
    for (let snapshot = 0; snapshot < 6; snapshot += 1) await worker.snapshot();
    expect((await run(worker, 'import time; time.sleep(0.5); print(len(held) >> 20)')).stdout).toBe('200\n');
  });

  it('lets go of older snapshots where it is they that hold the memory, not of the work', async () => {
    const { worker } = withLimits({ memoryBytes: 900 * MiB });
    for (let step = 0; step < 6; step += 1) {
      const outcome = await run(
        worker,
        `held = bytes([${step}]) * (150 << 20); import time; time.sleep(0.4)`,
      );
      expect(outcome.status).toBe('ok');
      await worker.snapshot();
    }
    expect((await run(worker, 'print(held[0])')).stdout).toBe('5\n');
  });

  it('ends code whose processes use up the processor’s time one after the other', async () => {
    const { worker } = withLimits({ cpuSeconds: 2 });
    const burn = `
import os, time
while True:
    if (pid := os.fork()) == 0:
        end = time.process_time() + 0.5
        while time.process_time() < end: pass
        os._exit(0)
    os.waitpid(pid, 0)`;
    const outcome = await run(worker, burn, { timeoutMs: 60_000 });
    expect(outcome.status).toBe('limit');
    expect(outcome.notice).toMatch(/processor time; 2 s are allowed.*REPLIQUE_CPU_SECONDS/);
  });

  it('ends code that fills the workspace, in files below the limit of each', async () => {
    const { worker, workspace } = withLimits({ diskBytes: 64 * MiB, fileBytes: 32 * MiB });
    const fill = `
import time
for number in range(1000):
    with open(f"part-{number}", "wb") as file: file.write(b"x" * (8 << 20))
    time.sleep(0.02)`;
    const outcome = await run(worker, fill, { timeoutMs: 60_000 });
    expect(outcome.status).toBe('limit');
    expect(outcome.notice).toMatch(/were added to the workspace.*64 MB are allowed.*REPLIQUE_DISK_MB/);
    const written = readdirSync(workspace).reduce(
      (sum, name) => sum + statSync(join(workspace, name)).size,
      0,
    );
    expect(written).toBeLessThan(600 * MiB);
    const cleared = await run(worker, 'import os\nfor name in os.listdir(): os.remove(name)\nprint("clear")');
    expect(cleared.stdout).toBe('clear\n');
    for (const name of readdirSync(workspace)) rmSync(join(workspace, name));
  });

  it('ends code that fills the workspace in a folder whose name is no text', async () => {
    const { worker } = withLimits({ diskBytes: 64 * MiB, fileBytes: 32 * MiB });
    const outcome = await run(
      worker,
      `
import os, time
os.mkdir(b"\\xff"); os.chdir(b"\\xff")
for number in range(25):
    with open(f"part-{number}", "wb") as file: file.write(b"x" * (8 << 20))
    time.sleep(0.05)
time.sleep(5)`,
      { timeoutMs: 60_000 },
    );
    expect(outcome.status).toBe('limit');
    expect(outcome.notice).toMatch(/were added to the workspace.*64 MB are allowed/);
  });

  it('ends code that makes files without end', async () => {
    const { worker } = withLimits({ newFiles: 2_000 });
    const outcome = await run(
      worker,
      'import time\nfor number in range(10**6):\n    open(f"f{number}", "w").close()\n    if number % 500 == 0: time.sleep(0.05)',
      { timeoutMs: 60_000 },
    );
    expect(outcome.status).toBe('limit');
    expect(outcome.notice).toMatch(/files were made or changed.*2000 are allowed.*REPLIQUE_NEW_FILES/);
  });

  it.each([
    ['open files', 'held.append(file)'],
    ['memory', 'import mmap; held.append(mmap.mmap(file.fileno(), 4096, mmap.MAP_SHARED)); file.close()'],
  ])('ends code that fills the disk with files that have no name any more, held by %s', async (_, holds) => {
    const { worker } = withLimits({ diskBytes: 64 * MiB, fileBytes: 32 * MiB });
    const fill = (number: string, seconds = 0.6): string => `
import os, time
held = []
for number in range(${number}):
    file = open("nameless", "w+b"); file.write(b"x" * (16 << 20)); file.flush(); os.unlink("nameless")
    ${holds}
    time.sleep(0.05)
time.sleep(${seconds})`;
    const outcome = await run(worker, fill('40', 20));
    expect(outcome.status).toBe('limit');
    expect(outcome.notice).toMatch(/were added to the workspace.*REPLIQUE_DISK_MB/);
    expect((await run(worker, fill('2'))).status).toBe('ok');
  });

  it('ends code that fills the disk deeper than the host looks', async () => {
    const { worker } = withLimits({ diskBytes: 64 * MiB, fileBytes: 32 * MiB });
    const fill = `
import os, time
for _ in range(140): os.mkdir("d"); os.chdir("d")
for number in range(40):
    open(f"part-{number}", "wb").write(b"x" * (16 << 20))
    time.sleep(0.05)
time.sleep(20)`;
    expect((await run(worker, fill)).notice).toMatch(/were added to the workspace.*REPLIQUE_DISK_MB/);
    await run(worker, 'import shutil; shutil.rmtree("/workspace/d")');
  });

  it('lets /tmp and shared memory be filled, and files in it that have no name', async () => {
    const { worker } = withLimits({ diskBytes: 32 * MiB });
    const outcome = await run(
      worker,
      `
import mmap, tempfile, time
file = tempfile.TemporaryFile(); file.write(b"x" * (64 << 20)); file.flush()
shared = mmap.mmap(-1, 64 << 20); shared[:] = b"x" * (64 << 20)
time.sleep(0.6)`,
    );
    expect(outcome.status).toBe('ok');
  });

  it('counts the workspace over a whole session, also where its sandbox is replaced', async () => {
    const { worker } = withLimits({ diskBytes: 64 * MiB });
    const half = (name: string, seconds = 0.6): string =>
      `import os, time; open("${name}", "wb").write(b"x" * (48 << 20)); time.sleep(${seconds}); os._exit(0)`;
    expect((await run(worker, half('a'))).status).toBe('died');
    expect((await run(worker, half('b', 20))).notice).toContain('REPLIQUE_DISK_MB');
  });

  it('counts what sockets hold in the system’s memory', async () => {
    const { worker } = withLimits({ memoryBytes: 300 * MiB });
    const sockets = (pairs: number, seconds = 0.6): string => `
import socket, time
kept = [socket.socketpair() for _ in range(${pairs})]
for pair in kept:
    for end in pair:
        end.setblocking(False)
        try:
            while True: end.send(b"x" * 65536)
        except BlockingIOError: pass
time.sleep(${seconds})`;
    expect((await run(worker, sockets(450, 20))).notice).toMatch(/of memory; 300 MB are allowed/);
    expect((await run(worker, sockets(100))).status).toBe('ok');
  });

  it('ends processes that go on in a new child at each moment', async () => {
    const { worker, workspace } = withLimits({ memoryBytes: 300 * MiB });
    const chain = `
import ctypes, os, signal, time
for _ in range(3):
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        if os.fork() == 0:
            held = b"y" * (140 << 20)
            while True:
                if os.fork(): os._exit(0)
        time.sleep(30)
time.sleep(30)`;
    expect((await run(worker, chain)).notice).toMatch(/of memory; 300 MB are allowed/);
    await vi.waitFor(() => expect(runningIn(workspace).length).toBeLessThan(5), 20_000);
  });

  it('counts processor time of children whose parent does not wait for them', async () => {
    const { worker } = withLimits({ cpuSeconds: 2 });
    const burn = `
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    if (pid := os.fork()) == 0:
        end = time.process_time() + 0.4
        while time.process_time() < end: pass
        os._exit(0)
    try: os.waitpid(pid, 0)
    except ChildProcessError: pass`;
    expect((await run(worker, burn, { timeoutMs: 30_000 })).notice).toContain('REPLIQUE_CPU_SECONDS');
  });

  it('ends a daemon that goes over a limit when nothing runs', async () => {
    const { worker, workspace } = withLimits({ memoryBytes: 500 * MiB });
    const daemon = `
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while not os.path.exists("go"): time.sleep(0.01)
        held = [b"x" * (100 << 20)]
        for _ in range(3):
            if os.fork() == 0:
                mine = b"y" * (200 << 20)
                time.sleep(600)
        time.sleep(600)
    os._exit(0)
os.wait()`;
    expect((await run(worker, daemon)).status).toBe('ok');
    await worker.snapshot();
    // Two of ours, the worker, its snapshot and the daemon, which waits.
    expect(runningIn(workspace).length).toBeGreaterThanOrEqual(5);
    writeFileSync(join(workspace, 'go'), '');
    await vi.waitFor(() => expect(runningIn(workspace).length).toBeLessThan(5), 20_000);
    const next = await run(worker, 'print("on")');
    expect(next.stdout).toBe('on\n');
    expect(next.notice).toContain('REPLIQUE_MEMORY_MB');
  });

  it('sees what ordinary users’ sandboxes hide from each other: memory of snapshots, too', async () => {
    const { worker, workspace } = withLimits({});
    await run(worker, 'held = b"x" * (100 << 20)');
    await worker.snapshot();
    const [first] = runningIn(workspace);
    const { processes } = usageBelow(first!);
    // The first, the pump, the checker, the worker and its snapshot.
    expect(processes.length).toBeGreaterThanOrEqual(5);
    const shared = proportionalBytes(processes);
    expect(shared).toBeGreaterThan(100 * MiB);
    expect(shared).toBeLessThan(residentBytes(processes) - 80 * MiB);
  });
});

it.each([
  ['x = b"x" * (900 << 20)', /500 MB of memory.*REPLIQUE_MEMORY_MB/],
  ['open("big", "wb").write(b"x" * (9 << 20))', /5 MB large.*REPLIQUE_FILE_MB/],
  [
    'import os\nheld = []\nwhile True: held.append(os.open("/dev/null", 0))',
    /200 files.*REPLIQUE_OPEN_FILES/,
  ],
  ['import os, time\nwhile True:\n    if os.fork() == 0: time.sleep(60)', /be 30\..*REPLIQUE_PROCESSES/],
  [
    'open("/dev/shm/x", "wb").write(b"x" * (4 << 20)); import shutil\nfor n in range(40): shutil.copy("/dev/shm/x", f"/dev/shm/{n}")',
    /are small/,
  ],
])('an error of a limit comes with its value and what allows more: %s', async (code, said) => {
  const { worker } = withLimits({
    memoryBytes: 500 * MiB,
    fileBytes: 5 * MiB,
    openFiles: 200,
    processes: 30,
  });
  const outcome = await run(worker, code);
  expect(outcome.status).toBe('error');
  expect(outcome.notice).toMatch(said);
});

describe('the time of a session', () => {
  it('ends what runs, and then lets nothing run, with the remedy', async () => {
    const { worker } = withLimits({}, { sessionMs: 1_500 });
    expect((await run(worker, 'import time; time.sleep(0.2)')).status).toBe('ok');
    const second = await run(worker, 'time.sleep(60)');
    expect(second.status).toBe('limit');
    expect(second.notice).toMatch(/Code has run for 1.5 s in this session.*REPLIQUE_SESSION_SECONDS/);
    const third = await run(worker, 'open("ran", "w").close()');
    expect(third.status).toBe('limit');
  });
});
