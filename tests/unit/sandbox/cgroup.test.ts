import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Cgroups } from '../../../kernel/sandbox/cgroup/cgroup.ts';
import { describeHolder, groupOf, memoryKills } from '../../../kernel/sandbox/cgroup/group.ts';
import {
  directoryOf,
  findHierarchy,
  findParent,
  type CgroupView,
} from '../../../kernel/sandbox/cgroup/hierarchy.ts';
import { subtreeWay } from '../../../kernel/sandbox/cgroup/subtree.ts';
import { findManager, systemdWay } from '../../../kernel/sandbox/cgroup/systemd.ts';
import { CgroupDouble, systemdRunDouble } from '../../support/cgroup-double.ts';

const bounds = { memoryBytes: 500_000_000, processes: 40 };
const doubles: CgroupDouble[] = [];
const folders: string[] = [];

function double(shape?: ConstructorParameters<typeof CgroupDouble>[0]): CgroupDouble {
  const made = new CgroupDouble(shape);
  doubles.push(made);
  return made;
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'replique-systemd-'));
  folders.push(made);
  return made;
}

const placeIn = ({ view, files }: CgroupDouble): string | undefined => findParent(view, files);

afterEach(() => {
  for (const each of doubles.splice(0)) each.close();
  for (const each of folders.splice(0)) rmSync(each, { recursive: true });
});

describe('the place for groups', () => {
  it('is the nearest group whose children may limit memory and processes', () => {
    const hierarchy = double({ own: '/a/c', enabled: ['/', '/a'] });
    expect(placeIn(hierarchy)).toBe(join(hierarchy.top, 'a'));
  });

  it('is the top where that is not systemd’s, and where processes may stay in it', () => {
    const hierarchy = double({ own: '', enabled: ['/'] });
    expect(placeIn(hierarchy)).toBe(hierarchy.top);
    expect(placeIn(double({ own: '', enabled: ['/'], systemd: true }))).toBeUndefined();
  });

  it('is a group without processes that lets them be enabled, and never the top', () => {
    const hierarchy = double({ own: '/unit/a/b', enabled: ['/', '/unit'] });
    expect(placeIn(hierarchy)).toBe(join(hierarchy.top, 'unit/a'));
    expect(subtreeWay(placeIn(hierarchy)!, hierarchy.files)).toBeDefined();
    expect(placeIn(double({ own: '/unit', enabled: [] }))).toBeUndefined();
  });

  it.each([
    ['without controllers, as beside version 1', { controllers: 'hugetlb' }],
    ['where processes can’t be limited', { controllers: 'cpu memory' }],
    ['where no group has them enabled', { enabled: [] }],
    ['where only a slice has', { own: '/user.slice/a.scope', enabled: ['/user.slice'] }],
    ['above a slice', { own: '/unit/b.slice/c', enabled: ['/', '/unit'] }],
  ])('is nowhere %s', (_, shape) => {
    expect(placeIn(double(shape))).toBeUndefined();
  });

  it('is found where only a part of the hierarchy is shown', () => {
    const hierarchy = double({ root: '/docker/1' });
    expect(directoryOf(hierarchy.view, 'self')).toBe(join(hierarchy.top, 'unit/kernel'));
    const elsewhere = (membership: string): CgroupView => ({
      ...hierarchy.view,
      membership: () => membership,
    });
    for (const path of ['0::/docker/12', '0::/../x', '1:pids:/docker/1', '']) {
      expect(directoryOf(elsewhere(path), 'self')).toBeUndefined();
    }
  });

  it('is nowhere where nothing is mounted', () => {
    const view: CgroupView = { ...double().view, mounts: () => '1 2 0:3 / /sys rw - sysfs sysfs rw\n' };
    expect(findHierarchy(view)).toBeUndefined();
    expect(findParent(view, double().files)).toBeUndefined();
  });
});

describe('groups of its own', () => {
  it('bound memory and processes, without swap, hold what enters, and go when it has ended', async () => {
    const hierarchy = double();
    const parent = placeIn(hierarchy)!;
    const start = subtreeWay(parent, hierarchy.files)!.prepare(bounds)!;
    const [name = ''] = hierarchy.groups();
    const read = (file: string): string => readFileSync(join(parent, name, file), 'utf8').trim();
    expect([read('memory.max'), read('memory.swap.max'), read('pids.max')]).toEqual(['500000000', '0', '40']);
    const [file = '', ...rest] = start.enter(['/bin/cat']);
    const child = spawn(file, rest);
    child.stdin.write('inside');
    await once(child.stdout, 'data');
    expect(read('cgroup.procs')).toBe(String(child.pid));
    expect(groupOf(child.pid!, hierarchy.view)).toMatchObject(bounds);
    start.ended();
    expect(hierarchy.groups()).toEqual([name]);
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(hierarchy.groups()).toEqual([]), 20_000);
  });

  it('do without a bound for swap where it is not counted', () => {
    const hierarchy = double({ swap: false });
    const start = subtreeWay(placeIn(hierarchy)!, hierarchy.files)?.prepare(bounds);
    expect(start).toBeDefined();
    start?.ended();
    expect(hierarchy.groups()).toEqual([]);
  });

  it('run the command without a group where the group is gone', async () => {
    const hierarchy = double();
    const start = subtreeWay(placeIn(hierarchy)!, hierarchy.files)!.prepare(bounds)!;
    start.ended();
    const [file = '', ...rest] = start.enter(['/bin/echo', 'a  b', '$HOME']);
    const child = spawn(file, rest);
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    expect(said.toString()).toBe('a  b $HOME\n');
  });

  it.each(['memory.max', 'memory.swap.max'])('are none where %s can’t be set; nothing stays', (refused) => {
    const hierarchy = double();
    const write = (path: string, text: string): void => {
      if (path.endsWith(`/${refused}`)) throw Object.assign(new Error('no'), { code: 'EACCES' });
      hierarchy.files.write(path, text);
    };
    const parent = placeIn(hierarchy)!;
    expect(subtreeWay(parent, { ...hierarchy.files, write })).toBeUndefined();
    expect(hierarchy.groups()).toEqual([]);
  });

  it('are none where the place can’t be written', () => {
    const makeDirectory = (): void => {
      throw Object.assign(new Error('no'), { code: 'EACCES' });
    };
    const hierarchy = double();
    expect(subtreeWay(join(hierarchy.top, 'unit'), { ...hierarchy.files, makeDirectory })).toBeUndefined();
    expect(subtreeWay(join(hierarchy.top, 'absent'), hierarchy.files)).toBeUndefined();
  });

  it('that a killed kernel left are removed by the next one, others are not', () => {
    const hierarchy = double();
    const ended = 2 ** 30;
    const unitOf = (name: string): string => join(hierarchy.top, 'unit', name);
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'latin1');
    const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const alive = `replique-${process.ppid}-${startedAt}-1`;
    const others = [alive, 'replique-notes', 'someone'];
    const left = [`replique-${ended}-5-1`, `replique-${process.ppid}-5-3`];
    for (const name of [...left, ...others]) hierarchy.files.makeDirectory(unitOf(name));
    subtreeWay(unitOf(''), hierarchy.files);
    expect(hierarchy.groups()).toEqual([alive, 'replique-notes']);
  });
});

describe('groups of systemd', () => {
  it('are scopes with the bounds, made for the user, whose environment has nothing more', async () => {
    const hierarchy = double();
    const manager = systemdRunDouble(folder(), hierarchy);
    const start = (await systemdWay(manager))!.prepare(bounds)!;
    expect(start.environment).toEqual({ XDG_RUNTIME_DIR: manager.runtimeDirectory });
    const [file = '', ...rest] = start.enter(['/bin/cat']);
    const child = spawn(file, rest, { env: start.environment });
    start.started(child);
    child.stdin.write('inside');
    await once(child.stdout, 'data');
    expect(groupOf(child.pid!, hierarchy.view)).toMatchObject(bounds);
    child.stdin.end();
    await once(child, 'exit');
    start.ended();
    expect(manager.notes().at(-1)).toEqual([
      ...['--user', '--scope', '--quiet', '--collect', '-p', 'MemoryMax=500000000', '-p', 'MemorySwapMax=0'],
      ...['-p', 'TasksMax=40', '--', '/bin/cat', manager.runtimeDirectory],
    ]);
  });

  it('are the system’s for root', async () => {
    const { program, socket } = systemdRunDouble(folder(), double());
    const start = (await systemdWay({ program, socket }))!.prepare(bounds)!;
    expect(start.enter(['/bin/true'])).not.toContain('--user');
    expect(start.environment).toEqual({});
  });

  it('are not for a command in which systemd-run might replace something', async () => {
    const start = (await systemdWay(systemdRunDouble(folder(), double())))!.prepare(bounds)!;
    expect(start.enter(['/bin/echo', '/a/$HOME'])).toEqual(['/bin/echo', '/a/$HOME']);
  });

  it.each(['hangs', 'refuses', 'no scope'] as const)('are none where it %s', async (manner) => {
    expect(await systemdWay(systemdRunDouble(folder(), double(), manner))).toBeUndefined();
  });

  it('that hangs for one sandbox is ended, so that the sandbox starts without it', async () => {
    const start = (await systemdWay(systemdRunDouble(folder(), double(), 'hangs later')))!.prepare(bounds)!;
    const [file = '', ...rest] = start.enter(['/bin/cat']);
    const child = spawn(file, rest);
    start.started(child);
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  });
});

describe('the groups of a machine', () => {
  it('are systemd’s where it answers, else its own, and are looked for once', async () => {
    const hierarchy = double();
    const parts = { view: hierarchy.view, files: hierarchy.files };
    const find = vi.fn(() => systemdRunDouble(folder(), hierarchy));
    const managed = new Cgroups({ ...parts, manager: find });
    const start = (await managed.way())?.prepare(bounds);
    await managed.way();
    expect(start?.enter(['/bin/true']).at(0)).toMatch(/systemd-run$/);
    expect(find).toHaveBeenCalledTimes(1);
    const silent = new Cgroups({ ...parts, manager: () => systemdRunDouble(folder(), hierarchy, 'refuses') });
    expect((await silent.way())?.prepare(bounds)?.enter(['/bin/true']).at(0)).toBe('/bin/sh');
  });

  it('are none without controllers, though systemd is there; and none after they were given up', async () => {
    const manager = vi.fn(() => undefined);
    expect(await new Cgroups({ view: double({ controllers: '' }).view, manager }).way()).toBeUndefined();
    expect(manager).not.toHaveBeenCalled();
    const hierarchy = double();
    const groups = new Cgroups({ view: hierarchy.view, files: hierarchy.files, manager });
    expect(await groups.way()).toBeDefined();
    groups.giveUp();
    expect(await groups.way()).toBeUndefined();
    expect(await new Cgroups({ view: double({ enabled: [] }).view, manager }).way()).toBeUndefined();
  });
});

describe('the manager of a user', () => {
  const installed = ['/usr/bin/systemd-run', '/bin/systemd-run', '/run/current-system/sw/bin/systemd-run'];
  const program = installed.find((path) => existsSync(path));

  it('is found by its socket in the directory of that user, if it is installed at all', () => {
    const runtimeDirectory = folder();
    expect(findManager(1000, runtimeDirectory)).toBeUndefined();
    mkdirSync(join(runtimeDirectory, 'systemd'));
    writeFileSync(join(runtimeDirectory, 'systemd/private'), '');
    const socket = join(runtimeDirectory, 'systemd/private');
    expect(findManager(1000, runtimeDirectory)).toEqual(program && { program, socket, runtimeDirectory });
  });

  it('is the system’s own for root, and by itself that of who runs this', () => {
    const socket = '/run/systemd/private';
    expect(findManager(0, folder())).toEqual(program && existsSync(socket) ? { program, socket } : undefined);
    const uid = process.getuid!();
    expect(findManager()).toEqual(findManager(uid, process.env['XDG_RUNTIME_DIR'] ?? `/run/user/${uid}`));
  });
});

describe('a group', () => {
  it('is none where it bounds nothing, where it is the kernel’s, or where its process has ended', () => {
    const hierarchy = double();
    expect(groupOf(process.pid, hierarchy.view)).toBeUndefined();
    hierarchy.files.makeDirectory(join(hierarchy.top, 'unit/other'));
    hierarchy.files.write(join(hierarchy.top, 'unit/other/cgroup.procs'), `${process.pid}\n`);
    expect(groupOf(process.pid, hierarchy.view)).toBeUndefined();
    hierarchy.files.write(join(hierarchy.top, 'unit/other/memory.max'), '1000000');
    expect(groupOf(process.pid, hierarchy.view)).toBeUndefined();
    expect(groupOf(process.pid, { ...hierarchy.view, membership: () => '' })).toBeUndefined();
  });

  it('tells once of each time that the system killed for its memory', () => {
    const hierarchy = double();
    const directory = join(hierarchy.top, 'unit/one');
    hierarchy.files.makeDirectory(directory);
    const take = memoryKills({ directory, ...bounds });
    expect(take()).toBeUndefined();
    hierarchy.kill(directory);
    expect(take()).toEqual({ limit: 'memory', used: 500_000_000, allowed: 500_000_000 });
    expect(take()).toBeUndefined();
    hierarchy.files.removeDirectory(directory);
    expect(take()).toBeUndefined();
  });

  it('is described, or that there is none', () => {
    expect(describeHolder({ directory: '/x', ...bounds })).toBe(
      'watchdog, and a cgroup with 477 MB and 40 processes',
    );
    expect(describeHolder(undefined)).toContain('no cgroup');
  });
});
