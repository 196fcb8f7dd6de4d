import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { launchInBubblewrap, thisMachine, type Machine } from '../../kernel/sandbox/bubblewrap.ts';
import { Cgroups, cgroups } from '../../kernel/sandbox/cgroup/cgroup.ts';
import type { Launcher } from '../../kernel/sandbox/contract.ts';
import { groupBounds, limitsOf } from '../../kernel/sandbox/limits.ts';
import { probeSandbox } from '../../kernel/sandbox/probe.ts';
import { CgroupDouble, systemdRunDouble } from '../support/cgroup-double.ts';
import { plainConfig, Playground, readAll } from '../support/sandboxes.ts';
import { run, Workers } from '../support/workers.ts';

const bounds = groupBounds(limitsOf(plainConfig()));
const source = 'import os; os.write(4, b"inside"); os.read(4, 1)';

let ground: Playground;
let hierarchy: CgroupDouble;
let folder: string;
let workers: Workers;

beforeEach(() => {
  ground = new Playground();
  hierarchy = new CgroupDouble();
  folder = mkdtempSync(join(tmpdir(), 'replique-systemd-'));
  workers = new Workers();
});

afterEach(async () => {
  await workers.close();
  await ground.close();
  hierarchy.close();
  rmSync(folder, { recursive: true });
});

function machineWith(options: Partial<ConstructorParameters<typeof Cgroups>[0]> = {}): Machine {
  const parts = { view: hierarchy.view, files: hierarchy.files, manager: () => undefined };
  return { ...thisMachine(), cgroups: new Cgroups({ ...parts, ...options }) };
}

const groupDirectory = (): string => join(hierarchy.top, 'unit', hierarchy.groups()[0] ?? '');

describe('a sandbox in a cgroup (a double of the hierarchy)', () => {
  it('is in a group of its own from its first process on, and the group goes with it', async () => {
    const machine = machineWith();
    const launched = await launchInBubblewrap(await ground.options(source), machine);
    expect(machine.cgroups.groupOf(launched.hostPid!)).toEqual({ directory: groupDirectory(), ...bounds });
    launched.kill();
    await launched.exited;
    await vi.waitFor(() => expect(hierarchy.groups()).toEqual([]), 20_000);
  });

  it('is in a scope of systemd’s where systemd answers', async () => {
    const manager = systemdRunDouble(folder, hierarchy);
    const machine = machineWith({ manager: () => manager });
    const launched = await launchInBubblewrap(await ground.options(source), machine);
    expect(machine.cgroups.groupOf(launched.hostPid!)).toMatchObject(bounds);
    launched.kill();
    await launched.exited;
  });

  it('starts without one where systemd hangs, and then asks it no more', async () => {
    const manager = systemdRunDouble(folder, hierarchy, 'hangs later');
    const machine = machineWith({ manager: () => manager });
    for (const turn of [1, 2]) {
      const launched = await launchInBubblewrap(
        await ground.options('import os; os.write(4, b"ran")'),
        machine,
      );
      expect(await readAll(launched.channels[0]!), String(turn)).toBe('ran');
      await launched.exited;
    }
    expect(manager.notes()).toHaveLength(2);
  });

  it('says what is wrong with the sandbox itself, and leaves no group', async () => {
    const machine = { ...machineWith(), bubblewrap: '/bin/false' };
    const options = await ground.options(source);
    await expect(launchInBubblewrap(options, machine)).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' });
    expect(hierarchy.groups()).toEqual([]);
    expect(await machine.cgroups.way()).toBeDefined();
  });

  it('is told of by the system check', async () => {
    const detail = async (machine: Machine): Promise<string | undefined> =>
      (await probeSandbox(plainConfig(), machine)).find(({ name }) => name === 'limits together')?.detail;
    expect(await detail(machineWith())).toContain(`cgroup with ${bounds.memoryBytes / 2 ** 20} MB`);
    expect(await detail(machineWith({ view: { ...hierarchy.view, mounts: () => '' } }))).toContain(
      'no cgroup',
    );
  });
});

describe('a helper that the system kills for the memory of its cgroup (told by the double)', () => {
  const launcher = (): Launcher => {
    const machine = machineWith();
    return { name: 'bubblewrap', launch: (options) => launchInBubblewrap(options, machine) };
  };

  it('ends with the limit and its remedy; the session goes on from the snapshot', async () => {
    const { worker } = workers.create({ isolation: 'bubblewrap', launcher: launcher() });
    await run(worker, 'kept = 1');
    await worker.snapshot();
    const outcome = await run(worker, 'input("?"); import os, signal; os.kill(os.getpid(), signal.SIGKILL)', {
      onInput: () => {
        hierarchy.kill(groupDirectory());
        return Promise.resolve('');
      },
    });
    expect(outcome.status).toBe('limit');
    expect(outcome.notice).toMatch(/memory; \d+ MB are allowed.*REPLIQUE_MEMORY_MB.*a copy from before/);
    expect(await run(worker, 'print(kept)')).toMatchObject({ status: 'ok', stdout: '1\n' });
  });

  it('is told that a process which it had started was killed', async () => {
    const { worker } = workers.create({ isolation: 'bubblewrap', launcher: launcher() });
    const outcome = await run(worker, 'input("?"); print("goes on")', {
      onInput: () => {
        hierarchy.kill(groupDirectory());
        return Promise.resolve('');
      },
    });
    expect(outcome).toMatchObject({ status: 'ok', stdout: 'goes on\n' });
    expect(outcome.notice).toMatch(/reached \d+ MB of memory.*REPLIQUE_MEMORY_MB/);
    expect((await run(worker, 'pass')).notice).toBeUndefined();
  });
});

describe('the cgroups of this machine', () => {
  it('hold a sandbox and are removed with it, where there are any', async (context) => {
    if ((await cgroups.way()) === undefined) context.skip();
    const launched = await launchInBubblewrap(await ground.options(source));
    const group = cgroups.groupOf(launched.hostPid!);
    expect(group).toMatchObject(bounds);
    launched.kill();
    await launched.exited;
    await vi.waitFor(
      () => expect(() => readFileSync(join(group!.directory, 'cgroup.procs'))).toThrow(),
      20_000,
    );
  });

  it('end what takes more memory than the group allows, and the session goes on', async (context) => {
    if ((await cgroups.way()) === undefined) context.skip();
    const { worker } = workers.create({ isolation: 'bubblewrap', limits: { memoryBytes: 400 * 2 ** 20 } });
    await run(worker, 'kept = 1');
    await worker.snapshot();
    const hog =
      'import os\nfor _ in range(8):\n  if not os.fork():\n    b"x" * 300_000_000\n    while True: pass\nos.wait()';
    expect((await run(worker, hog)).notice).toMatch(/REPLIQUE_MEMORY_MB/);
    expect(await run(worker, 'print(kept)')).toMatchObject({ status: 'ok', stdout: '1\n' });
  });
});
