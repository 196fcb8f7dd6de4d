import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitsOf } from '../../kernel/sandbox/limits.ts';
import { plainConfig, Playground } from '../support/sandboxes.ts';

/** Code that takes all it can get. Each attack first shows that it gets more where the limit is higher. */

const MiB = 1024 * 1024;
let ground: Playground;

beforeEach(() => {
  ground = new Playground();
});

afterEach(() => ground.close());

describe('limits', () => {
  it('a fork bomb stops at the number of processes', async () => {
    const body = `
import signal, time
pids = []
try:
    while len(pids) < 100:
        pid = os.fork()
        if pid == 0:
            time.sleep(60)
            os._exit(0)
        pids.append(pid)
except OSError:
    pass
result = len(pids)
for pid in pids:
    os.kill(pid, 9)`;
    expect(await ground.run(body, 'bubblewrap', { limits: { processes: 200 } })).toBe(100);
    const forks = (await ground.run(body, 'bubblewrap', { limits: { processes: 30 } })) as number;
    expect(forks).toBeGreaterThan(10);
    expect(forks).toBeLessThanOrEqual(30);
  });

  it('threads count as processes', async () => {
    const body = `
import threading
stop, result = threading.Event(), 0
try:
    for _ in range(60):
        threading.Thread(target=stop.wait, daemon=True).start()
        result += 1
except RuntimeError:
    pass
stop.set()`;
    expect(await ground.run(body, 'bubblewrap', { limits: { processes: 128 } })).toBe(60);
    expect(await ground.run(body, 'bubblewrap', { limits: { processes: 20 } })).toBeLessThanOrEqual(20);
  });

  it('memory beyond the limit is refused, and the worker goes on', async () => {
    const body = `
def take(): bytearray(${768 * MiB})
try:
    take()
    result = "had it"
except MemoryError:
    result = "refused"`;
    expect(await ground.run(body, 'bubblewrap', { limits: { memoryBytes: 2048 * MiB } })).toBe('had it');
    expect(await ground.run(body, 'bubblewrap', { limits: { memoryBytes: 512 * MiB } })).toBe('refused');
  });

  it('memory that no limit counts can’t be had', async () => {
    const number = process.arch === 'x64' ? 29 : 194;
    const body = `
names = {"memfd_create": works(lambda: os.close(os.memfd_create("x"))),
  "shmget": libc.syscall(ctypes.c_long(argument), 0, ctypes.c_size_t(4096), 0o1600) >= 0}
result = [name for name, worked in names.items() if worked]`;
    expect(await ground.run(body, 'none', { argument: number })).toEqual(['memfd_create', 'shmget']);
    expect(await ground.run(body, 'bubblewrap', { argument: number })).toEqual([]);
  });

  it('a file can’t grow beyond its limit', async () => {
    const body = `
try:
    with open("large", "wb") as file:
        for _ in range(20):
            file.write(bytes(${MiB}))
except OSError:
    pass
result = os.path.getsize("large")
os.unlink("large")`;
    expect(await ground.run(body, 'bubblewrap', { limits: { fileBytes: 100 * MiB } })).toBe(20 * MiB);
    expect(await ground.run(body, 'bubblewrap', { limits: { fileBytes: 5 * MiB } })).toBeLessThanOrEqual(
      5 * MiB,
    );
  });

  it('what is not the workspace holds little', async () => {
    const body = `
def fill(path):
    written = 0
    try:
        with open(os.path.join(path, "filler"), "wb", buffering=0) as file:
            while written < ${400 * MiB}:
                written += file.write(bytes(${MiB}))
    except OSError:
        pass
    os.unlink(os.path.join(path, "filler"))
    return written // ${MiB}
result = [fill(path) for path in ("/tmp", "/dev/shm", "/home/user")]`;
    expect(await ground.run(body, 'bubblewrap')).toEqual([256, 64, 16]);
  });

  it('open files are bounded', async () => {
    const body = `
files = []
try:
    while len(files) < 300:
        files.append(open("/dev/null"))
except OSError:
    pass
result = len(files)
files.clear()`;
    expect(await ground.run(body, 'bubblewrap')).toBe(300);
    expect(await ground.run(body, 'bubblewrap', { limits: { openFiles: 64 } })).toBeLessThan(64);
  });

  it('computing ends with the limit on CPU time, and the host is told', async () => {
    const launched = await ground.launch(`while True: pass`, 'bubblewrap', {
      limits: { ...limitsOf(plainConfig()), cpuSeconds: 1 },
    });
    const SIGXCPU = 24;
    const status = await new Promise((resolve) => launched.onProcessExit((_, each) => resolve(each)));
    expect(status).toBe(-SIGXCPU);
    await launched.exited;
  });

  it('no core is dumped, and limits can’t be raised', async () => {
    const body = `
import resource
def raise_limit(): resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
result = [resource.getrlimit(resource.RLIMIT_CORE)[1], works(raise_limit)]`;
    expect(await ground.run(body, 'bubblewrap')).toEqual([0, false]);
  });
});
