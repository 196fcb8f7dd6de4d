import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { thisMachine } from '../../kernel/sandbox/bubblewrap.ts';
import { createLauncher } from '../../kernel/sandbox/launcher.ts';
import { processesNaming } from '../support/process-tree.ts';
import {
  descendants,
  plainConfig,
  Playground,
  processStatus,
  readUntil,
  runningIn,
} from '../support/sandboxes.ts';

/** What is left behind: processes after the end, files and their owners. */

const isRoot = process.getuid?.() === 0;
let ground: Playground;

beforeEach(() => {
  ground = new Playground();
});

afterEach(() => ground.close());

/** Leaves a daemon with a session of its own, which adds to the file `beats` for as long as it lives. */
const daemon = `
import os, sys, time
def beat():
    while True:
        with open("beats", "a") as file:
            file.write(".")
        time.sleep(0.02)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        beat()
    os._exit(0)
while not os.path.exists("beats"):
    time.sleep(0.01)
os.write(int(sys.argv[1].split(",")[0]), b"started")
time.sleep(600)
`;

const beats = (): number => statSync(join(ground.workspace, 'beats')).size;

/** Whether the daemon is still at work. @param timeout how long it is waited for, at most */
async function isBeating(timeout = 20_000): Promise<boolean> {
  const before = beats();
  const waited = vi.waitFor(() => expect(beats()).toBeGreaterThan(before), { timeout, interval: 20 });
  return waited.then(
    () => true,
    () => false,
  );
}

describe('after the end', () => {
  it('a daemon does not outlive kill(), where it would outlive its parent', async () => {
    const python = (await ground.options('')).python.executable;
    const alone = spawn(python, ['-I', '-c', daemon, '2'], {
      cwd: ground.workspace,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await readUntil(alone.stderr, /started/);
    alone.kill('SIGKILL');
    expect(await isBeating(), 'without the sandbox').toBe(true);
    const survivor = runningIn(ground.workspace);
    for (const pid of survivor) process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(runningIn(ground.workspace)).toEqual([]), 20_000);
    rmSync(join(ground.workspace, 'beats'));

    for (const isolation of ['bubblewrap', 'none'] as const) {
      const launched = await ground.launch(daemon, isolation);
      await readUntil(launched.channels[0]!, /started/);
      expect(await isBeating()).toBe(true);
      launched.kill();
      await launched.exited;
      expect(await isBeating(1_000), isolation).toBe(false);
      rmSync(join(ground.workspace, 'beats'));
    }
  });

  it('nothing outlives the SIGKILL of the kernel by a second', async () => {
    const kernel = await startKernel(await ground.options(daemon));
    const inside = descendants(kernel.pid!);
    expect(inside.length).toBeGreaterThan(3);
    kernel.kill('SIGKILL');
    await vi.waitFor(() => expect(inside.filter((pid) => processStatus(pid) !== '')).toEqual([]), {
      timeout: 5_000,
      interval: 50,
    });
    expect(await isBeating(1_000)).toBe(false);
  });

  it('a sandbox that is still being made when the kernel is killed does not stay', async () => {
    const folder = mkdtempSync('/var/tmp/replique-slow-');
    onTestFinished(() => rmSync(folder, { recursive: true }));
    chmodSync(folder, 0o777);
    const begun = join(folder, 'begun');
    const slow = join(folder, 'bwrap');
    const real = thisMachine().bubblewrap!;
    writeFileSync(
      slow,
      `#!/bin/sh\n: > ${begun}\nwhile [ -e /proc/$PPID ] && [ -e ${begun} ]; do sleep 0.01; done\nexec ${real} "$@"\n`,
    );
    chmodSync(slow, 0o755);
    const kernel = await spawnKernel(await ground.options(daemon), slow);
    await vi.waitFor(() => expect(existsSync(begun)).toBe(true), { timeout: 20_000 });
    kernel.kill('SIGKILL');
    await vi.waitFor(() => expect(processesNaming(ground.top)).toEqual([]), { timeout: 20_000 });
  });
});

describe('the workspace', () => {
  const write = `
os.umask(0o022)
open("file", "w").write("text")
os.mkdir("folder")
os.rename("given", "renamed")
open("renamed", "a").write(" and more")
result = [os.stat(name).st_uid for name in (".", "file", "renamed")]`;

  it('shows its files as the user’s, and leaves what is made there to its owner', async () => {
    writeFileSync(join(ground.workspace, 'given'), 'given', { mode: 0o600 });
    expect(await ground.run(write, 'bubblewrap')).toEqual([1000, 1000, 1000]);
    const owner = statSync(ground.workspace);
    for (const name of ['file', 'folder', 'renamed']) {
      const { uid, gid } = statSync(join(ground.workspace, name));
      expect([name, uid, gid]).toEqual([name, owner.uid, owner.gid]);
    }
    expect(readFileSync(join(ground.workspace, 'renamed'), 'utf8')).toBe('given and more');
  });

  it.runIf(isRoot)(
    'of another user stays that user’s, where root’s own process would leave root’s files',
    async () => {
      writeFileSync(join(ground.workspace, 'given'), 'given');
      for (const path of [ground.workspace, join(ground.workspace, 'given')]) chownSync(path, 4242, 4343);
      await ground.run(`open("unsafe", "w").close(); result = True`, 'none');
      expect(statSync(join(ground.workspace, 'unsafe')).uid).toBe(0);
      await ground.run(write, 'bubblewrap');
      const { uid, gid } = statSync(join(ground.workspace, 'file'));
      expect([uid, gid]).toEqual([4242, 4343]);
    },
  );

  it.runIf(isRoot)('keeps files of others from being changed', async () => {
    const foreign = join(ground.workspace, 'foreign');
    writeFileSync(foreign, 'kept', { mode: 0o666 });
    chownSync(foreign, 4242, 4242);
    const body = `result = works(lambda: open("foreign", "a").close())`;
    expect(await ground.run(body, 'none')).toBe(true);
    expect(await ground.run(body, 'bubblewrap')).toBe(false);
  });

  it('is refused where a link leads to it', async () => {
    const link = join(ground.top, 'link');
    symlinkSync(ground.workspace, link);
    const launcher = createLauncher(plainConfig());
    const through = await ground.options('', { workspace: link });
    await expect(launcher.launch(through)).rejects.toThrow(/workspace .*link can't be opened/);
    const parent = join(ground.top, 'parent');
    symlinkSync(ground.top, parent);
    const below = await ground.options('', { workspace: join(parent, 'workspace') });
    await expect(launcher.launch(below)).rejects.toThrow(/reached over a symbolic link/);
  });

  it('a link in it to the outside makes nothing appear there (CVE-2026-87766)', async () => {
    symlinkSync(`/oldroot${ground.outside}`, join(ground.workspace, '.git'));
    await ground.run(`result = True`, 'bubblewrap');
    expect(existsSync(join(ground.outside, 'config'))).toBe(false);
    expect(descendants(process.pid).filter((pid) => processStatus(pid).includes('bwrap'))).toEqual([]);
  });

  it('may not hold Python or the worker', async () => {
    const launcher = createLauncher(plainConfig());
    const around = await ground.options('', { workspace: ground.top });
    await expect(launcher.launch(around)).rejects.toThrow(/would be shared with the workspace/);
    const within = await ground.options('', { workspace: ground.files });
    await expect(launcher.launch(within)).rejects.toThrow(/would be shared with the workspace/);
  });
});

/** A process of its own that launches a worker and says when the worker has started. */
async function startKernel(options: object): Promise<ChildProcess> {
  const kernel = await spawnKernel(options, thisMachine().bubblewrap!);
  await readUntil(kernel.stdout!, /started/);
  return kernel;
}

async function spawnKernel(options: object, bubblewrap: string): Promise<ChildProcess> {
  const folder = fileURLToPath(new URL('../../kernel/sandbox/', import.meta.url));
  const bundle = join(ground.top, 'kernel.mjs');
  await build({
    stdin: {
      contents: `import { launchInBubblewrap, thisMachine } from './bubblewrap.ts';
const machine = { ...thisMachine(), bubblewrap: ${JSON.stringify(bubblewrap)} };
const launched = await launchInBubblewrap(${JSON.stringify(options)}, machine);
launched.channels[0].on('data', (data) => process.stdout.write(data));`,
      resolveDir: folder,
      loader: 'ts',
    },
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(join(folder, 'bubblewrap.ts')).href) },
  });
  const kernel = spawn(process.execPath, [bundle], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void kernel.kill('SIGKILL'));
  return kernel;
}
