import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { launchInBubblewrap, thisMachine, type Machine } from '../../kernel/sandbox/bubblewrap.ts';
import type { SandboxProcess } from '../../kernel/sandbox/contract.ts';
import { createLauncher } from '../../kernel/sandbox/launcher.ts';
import { probeSandbox } from '../../kernel/sandbox/probe.ts';
import { inspectPython } from '../../kernel/sandbox/python.ts';
import { plainConfig, Playground, readAll, readUntil, runningIn } from '../support/sandboxes.ts';

let ground: Playground;

beforeEach(() => {
  ground = new Playground();
});

afterEach(() => ground.close());

/** The first exit that is reported. */
const nextExit = (launched: SandboxProcess): Promise<readonly [pid: number, status: number]> =>
  new Promise((resolve) => {
    const remove = launched.onProcessExit((pid, status) => {
      remove();
      resolve([pid, status]);
    });
  });

describe.each(['bubblewrap', 'none'] as const)('the launcher %s', (isolation) => {
  const launch = (source: string, overrides = {}): Promise<SandboxProcess> =>
    ground.launch(source, isolation, overrides);

  it('is the one that the configuration names', () => {
    expect(createLauncher(plainConfig(isolation)).name).toBe(isolation);
  });

  it('runs the entry file as __main__, with its folder first in the path', async () => {
    writeFileSync(join(ground.files, 'neighbour.py'), 'value = 42');
    const launched = await launch(`
import json, neighbour, os, sys
os.write(4, json.dumps([__name__, os.path.basename(__file__), sys.argv[1], neighbour.value, os.getpid(),
  sys.modules["__main__"].__file__ == __file__, sys.flags.isolated]).encode())`);
    expect(JSON.parse(await readAll(launched.channels[0]!))).toEqual([
      ...['__main__', 'entry.py', '4', 42, launched.workerPid, true, 1],
    ]);
    await launched.exited;
  });

  it('hands over many channels, each both ways and in order', async () => {
    const count = 64;
    const source = `
import os, sys
for number in sys.argv[1].split(","):
    fd = int(number)
    os.write(fd, b"%d:" % fd + os.read(fd, 100) + b"\\n")`;
    const launched = await launch(source, { channels: count });
    expect(launched.channels).toHaveLength(count);
    for (const [index, channel] of launched.channels.entries()) channel.write(`hello ${index}`);
    const answers = await Promise.all(launched.channels.map((channel) => readAll(channel)));
    expect(answers).toEqual(Array.from({ length: count }, (_, index) => `${index + 4}:hello ${index}\n`));
    await launched.exited;
  });

  it('works in the workspace', async () => {
    mkdirSync(join(ground.workspace, 'data'));
    const launched = await launch(`import os; os.write(4, ",".join(os.listdir(".")).encode())`);
    expect(await readAll(launched.channels[0]!)).toBe('data');
    await launched.exited;
  });

  it('keeps the end of what was written to stderr', async () => {
    const launched = await launch(
      `import os, sys; os.read(4, 1); sys.stderr.write("x" * 100000); raise ValueError("the reason")`,
    );
    const exit = nextExit(launched);
    launched.channels[0]?.write('.');
    expect(await exit).toEqual([launched.workerPid, 1]);
    await launched.exited;
    await vi.waitFor(() => expect(launched.stderrTail()).toMatch(/ValueError: the reason$/), 20_000);
    expect(launched.stderrTail().length).toBeLessThanOrEqual(8192);
  });

  it('interrupts and kills a process, and tells how it ended', async () => {
    const launched = await launch(`
import os, time
while True:
    try:
        os.write(4, b"running;")
        time.sleep(600)
    except KeyboardInterrupt:
        os.write(4, b"interrupted;")`);
    const [channel] = launched.channels;
    await readUntil(channel!, /running;/);
    launched.signal(launched.workerPid, 'SIGINT');
    await readUntil(channel!, /interrupted;running;/);
    const exit = nextExit(launched);
    launched.signal(launched.workerPid, 'SIGKILL');
    expect(await exit).toEqual([launched.workerPid, -9]);
    await launched.exited;
  });

  it('stays for the forks of a worker that died, and reports each end', async () => {
    const launched = await launch(`
import os
again, goes_on = os.pipe()
copy = os.fork()
if copy == 0:
    os.close(goes_on)
    os.read(again, 1)
    os.read(4, 1)
    os._exit(7)
os.write(4, b"%d." % copy)
os.read(4, 1)
os._exit(3)`);
    const ends: (readonly [number, number])[] = [];
    launched.onProcessExit((pid, status) => ends.push([pid, status]));
    const copy = Number.parseInt(await readUntil(launched.channels[0]!, /\./), 10);
    launched.channels[0]!.write('x');
    await vi.waitFor(() => expect(ends).toEqual([[launched.workerPid, 3]]), 20_000);
    launched.channels[0]!.write('x');
    await launched.exited;
    expect(ends).toEqual([
      [launched.workerPid, 3],
      [copy, 7],
    ]);
  });

  it('reports a fork that is killed', async () => {
    const launched = await launch(`
import os, time
copy = os.fork()
if copy == 0:
    time.sleep(600)
os.write(4, b"%d." % copy)
os.read(4, 1)
os._exit(0)`);
    const first = nextExit(launched);
    const copy = Number.parseInt(await readUntil(launched.channels[0]!, /\./), 10);
    launched.channels[0]!.write('x');
    await first;
    const second = nextExit(launched);
    launched.signal(copy, 'SIGKILL');
    expect(await second).toEqual([copy, -9]);
    await launched.exited;
  });

  it('ignores a signal to a process that is not there, or to the first one', async () => {
    const launched = await launch(`import os; os.read(4, 1)`);
    for (const pid of [0, -1, 1, 3999999, 1.5]) launched.signal(pid, 'SIGKILL');
    launched.channels[0]!.write('x');
    expect(await nextExit(launched)).toEqual([launched.workerPid, 0]);
    await launched.exited;
    launched.signal(launched.workerPid, 'SIGINT');
  });

  it('ends everything at kill(), which may be called twice', async () => {
    const launched = await launch(`
import os, signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
for _ in range(5): os.fork()
time.sleep(600)`);
    await vi.waitFor(() => expect(runningIn(ground.workspace).length).toBeGreaterThan(1), 20_000);
    launched.kill();
    launched.kill();
    await launched.exited;
    launched.kill();
    expect(runningIn(ground.workspace)).toEqual([]);
  });

  it('shows the end of the worker as the end of its channels', async () => {
    const launched = await launch(`pass`);
    expect(await readAll(launched.channels[0]!)).toBe('');
    expect(await launched.exited).toEqual({ code: 0, signal: null });
  });

  it('gives none of the kernel’s environment to the worker', async () => {
    vi.stubEnv('GROQ_API_KEY', 'secret');
    const launched = await launch(`import json, os; os.write(4, json.dumps(dict(os.environ)).encode())`);
    const environment = JSON.parse(await readAll(launched.channels[0]!)) as Record<string, string>;
    expect(environment).not.toHaveProperty('GROQ_API_KEY');
    expect(environment).toMatchObject({ PYTHONDONTWRITEBYTECODE: '1' });
    vi.unstubAllEnvs();
    await launched.exited;
  });

  it('fails with a reason where Python can’t be run', async () => {
    const options = await ground.options('');
    const python = { ...options.python, executable: join(ground.files, 'absent') };
    await expect(createLauncher(plainConfig(isolation)).launch({ ...options, python })).rejects.toMatchObject(
      {
        code: isolation === 'none' ? 'WORKER_FAILED' : 'SANDBOX_UNAVAILABLE',
      },
    );
  });

  it('runs two at once, apart', async () => {
    const source = `import os; os.write(4, os.read(4, 10)); os.read(4, 1)`;
    const [a, b] = await Promise.all([launch(source), launch(source)]);
    a.channels[0]!.write('a');
    b.channels[0]!.write('b');
    expect(await readUntil(a.channels[0]!, /./)).toBe('a');
    a.kill();
    await a.exited;
    expect(await readUntil(b.channels[0]!, /./)).toBe('b');
  });
});

describe('the launcher bubblewrap', () => {
  it.runIf(process.getuid?.() === 0)('fails closed where the workspace can’t be idmapped', async () => {
    const options = await ground.options('', { workspace: '/sys/fs' });
    await expect(createLauncher(plainConfig()).launch(options)).rejects.toMatchObject({
      code: 'SANDBOX_UNAVAILABLE',
      message: expect.stringMatching(/unprivileged user.*mount_setattr/) as string,
      remedy: expect.stringContaining('idmapped mounts') as string,
    });
  });

  it('refuses a Python that lies where the workspace is mounted', async () => {
    const options = await ground.options('');
    const python = { ...options.python, directories: ['/workspace/env'] };
    await expect(createLauncher(plainConfig()).launch({ ...options, python })).rejects.toThrow(
      /Python lies in \/workspace\/env/,
    );
  });
});

describe('a machine that does not keep its word', () => {
  let folder: string;

  /** A program in bubblewrap's place, where every user finds it. */
  function inPlaceOfBubblewrap(source: string): Machine {
    const bubblewrap = join(folder, 'bwrap');
    writeFileSync(bubblewrap, source);
    chmodSync(bubblewrap, 0o755);
    return { ...thisMachine(), bubblewrap };
  }

  beforeEach(() => {
    folder = mkdtempSync('/var/tmp/replique-machine-');
    chmodSync(folder, 0o755);
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('is refused where what is called bubblewrap does not isolate', async () => {
    const init = JSON.stringify(
      readFileSync(join(import.meta.dirname, '../../kernel/sandbox/worker/init.py'), 'utf8'),
    );
    const machine = inPlaceOfBubblewrap(`#!/usr/bin/env -S python3 -I
import os, sys
command = sys.argv[sys.argv.index("--") + 1:]
at = command.index("/init.py")
os.execv(command[0], [command[0], "-I", "-c", ${init}, *command[at + 1:]])
`);
    const python = await inspectPython('python3');
    const options = await ground.options('', { python });
    await expect(launchInBubblewrap(options, machine)).rejects.toMatchObject({
      code: 'SANDBOX_UNAVAILABLE',
      message: expect.stringContaining('the system call filter is not in force') as string,
    });
  });

  it('says that bubblewrap is missing, or the tables for the processor', async () => {
    const options = await ground.options('');
    const machine = thisMachine();
    await expect(launchInBubblewrap(options, { ...machine, bubblewrap: undefined })).rejects.toMatchObject({
      code: 'SANDBOX_UNAVAILABLE',
      remedy: expect.stringContaining('apt-get install bubblewrap') as string,
    });
    await expect(launchInBubblewrap(options, { ...machine, architecture: undefined })).rejects.toThrow(
      /no system call filter/,
    );
    expect(await probeSandbox(plainConfig(), { ...machine, bubblewrap: undefined })).toEqual([
      {
        name: 'bubblewrap',
        ok: false,
        detail: 'not installed',
        remedy: expect.stringContaining('apt-get') as string,
      },
    ]);
  });

  it('is told what an old bubblewrap lacks, and which namespaces are refused', async () => {
    const machine = inPlaceOfBubblewrap(`#!/bin/sh
case "$1" in
--version) echo "bubblewrap 0.4.0" ;;
--help) echo "--unshare-user --unshare-ipc --unshare-pid" ;;
*) echo "bwrap: No permissions to create a new namespace" >&2; exit 1 ;;
esac
`);
    const lines = await probeSandbox(plainConfig(), machine);
    const bad = lines.filter((line) => !line.ok);
    expect(bad.map((line) => line.name)).toEqual([
      ...['options', 'namespace user', 'namespace ipc', 'namespace pid', 'namespace net'],
      ...['namespace uts', 'namespace cgroup', 'start'],
    ]);
    expect(bad[0]!.detail).toContain('--disable-userns');
    expect(bad.at(-1)!.detail).toContain('user namespaces are not allowed');
    expect(lines[0]).toMatchObject({ ok: true, detail: expect.stringContaining('0.4.0') as string });
  });

  it('is told that bubblewrap can’t be run', async () => {
    const machine = { ...thisMachine(), bubblewrap: join(folder, 'absent') };
    const lines = await probeSandbox(plainConfig(), machine);
    expect(lines[0]).toMatchObject({ name: 'bubblewrap', ok: false });
    expect(lines.at(-1)).toMatchObject({ name: 'start', ok: false });
  });
});

describe('what Python needs inside', () => {
  it('works: subprocesses, asyncio, multiprocessing, temporary files, a terminal, accounts', async () => {
    const body = `
import asyncio, getpass, multiprocessing, pty, sqlite3, subprocess, tempfile
async def shell():
    process = await asyncio.create_subprocess_shell("echo hi", stdout=asyncio.subprocess.PIPE)
    return (await process.communicate())[0].decode().strip()
def square(x): return x * x
with multiprocessing.get_context("fork").Pool(2) as pool:
    squares = pool.map(square, [2, 3])
with tempfile.TemporaryFile() as file: file.write(b"x")
master, slave = pty.openpty()
result = {
  "shell": asyncio.run(shell()), "squares": squares, "user": getpass.getuser(), "home": os.path.expanduser("~"),
  "bash": subprocess.run(["bash", "-c", "cat <(echo sub) | tr a-z A-Z"], capture_output=True, text=True).stdout,
  "sqlite": sqlite3.connect(":memory:").execute("select 6 * 7").fetchone()[0], "terminal": os.isatty(slave),
  "here": os.getcwd(), "host": os.uname().nodename, "dot": os.stat(".").st_uid == os.getuid(),
}`;
    expect(await ground.run(body, 'bubblewrap')).toEqual({
      ...{ shell: 'hi', squares: [4, 9], user: 'user', home: '/home/user', bash: 'SUB\n', sqlite: 42 },
      ...{ terminal: true, here: '/workspace', host: 'sandbox', dot: true },
    });
  });
});

describe('the probe', () => {
  it('starts a real sandbox and finds every layer in force', async () => {
    const lines = await probeSandbox(plainConfig());
    expect(lines.filter((line) => !line.ok)).toEqual([]);
    expect(lines.map((line) => line.name)).toEqual([
      ...['bubblewrap', 'options', 'namespaces', 'system calls', 'capabilities'],
      ...['network', 'files', 'workspace', 'limits', 'limits together'],
    ]);
  });

  it('says why none starts', async () => {
    const fake = join(ground.files, 'python');
    const answer = {
      ...{
        executable: '/usr/bin/false',
        version: [3, 12, 0],
        prefixes: ['/usr'],
        libraries: [],
        ipython: null,
      },
    };
    writeFileSync(fake, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`, { mode: 0o755 });
    const lines = await probeSandbox({ ...plainConfig(), python: fake });
    expect(lines.filter((line) => !line.ok)).toEqual([
      {
        ...{ name: 'start', ok: false },
        detail: expect.stringContaining('the sandbox is not available') as string,
        remedy: expect.any(String) as string,
      },
    ]);
  });

  it('says loudly that nothing isolates where that was asked for', async () => {
    const lines = await probeSandbox(plainConfig('none'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ ok: true, detail: expect.stringMatching(/^OFF\./) as string });
  });
});
