import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitingProcesses } from '../../kernel/sandbox/snapshots/room.ts';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { processStatus, runningIn } from '../support/sandboxes.ts';
import { run, Workers } from '../support/workers.ts';

function isReadable(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).length > 0;
  } catch {
    return false;
  }
}

/** What is in force, as the host's own /proc tells it of each process of a session: PID 1, the worker, a snapshot. */
describe('seen from outside', () => {
  const workers = new Workers();
  let worker: SessionWorker;
  let pids: readonly number[];

  /** Not even their own user may look into PID 1 and snapshots: only root can check what these hold. */
  const open = (): readonly number[] => pids.filter((pid) => process.getuid?.() === 0 || isReadable(pid));
  const read = (pid: number, name: string): string => readFileSync(`/proc/${pid}/${name}`, 'utf8');
  const field = (pid: number, name: string): string =>
    new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(processStatus(pid))?.[1] ?? '';

  beforeAll(async () => {
    const created = workers.create({ isolation: 'bubblewrap' });
    worker = created.worker;
    await run(worker, 'kept = 1');
    await worker.snapshot();
    pids = runningIn(created.workspace);
  });
  afterAll(() => workers.close());

  it('there are the first process, the worker and the snapshot, each by its own number inside', () => {
    expect(pids.length).toBeGreaterThanOrEqual(3);
    expect(pids.map((pid) => field(pid, 'NSpid').split('\t').length)).toEqual(pids.map(() => 2));
    expect(pids.map((pid) => field(pid, 'NSpid').split('\t').at(-1))).toContain('1');
  });

  it('each has the filter, no new privileges, no capability, and is not root', () => {
    for (const pid of pids) {
      expect(field(pid, 'Seccomp')).toBe('2');
      expect(field(pid, 'NoNewPrivs')).toBe('1');
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
        expect(field(pid, set)).toMatch(/^0+$/);
      }
      for (const set of ['Uid', 'Gid']) expect(field(pid, set).split('\t')).not.toContain('0');
      expect(field(pid, 'Groups').trim().split(/\s+/)).not.toContain('0');
    }
  });

  it('each namespace is the session’s own', () => {
    for (const kind of ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts']) {
      const names = new Set(pids.map((pid) => readlinkSync(`/proc/${pid}/ns/${kind}`)));
      expect(names.size, kind).toBe(1);
      expect(names, kind).not.toContain(readlinkSync(`/proc/self/ns/${kind}`));
    }
  });

  it('its user is one of the host’s that is not root, and no other can be had', () => {
    for (const pid of pids) {
      for (const map of ['uid_map', 'gid_map']) {
        expect(read(pid, map).trim()).toMatch(/^1000 +[1-9]\d* +1$/);
      }
    }
  });

  it('only the workspace, temporary files and the home can be written, and no set-uid file counts', () => {
    const mounts = read(pids[0]!, 'mountinfo').trim().split('\n');
    const writable = mounts
      .map((line) => line.split(' '))
      .filter(([, , , , , options = '']) => options.split(',').includes('rw'))
      .map(([, , , , path = '']) => path);
    const own = ['/dev/pts', '/dev/shm', '/home/user', '/proc', '/tmp', '/workspace'];
    expect(writable.filter((path) => !/^\/(proc|dev)\//.test(path) || own.includes(path)).sort()).toEqual(
      own,
    );
    expect(mounts.filter((line) => !line.includes('nosuid'))).toEqual([]);
  });

  it('nothing of the host’s home, settings and services is in its tree', () => {
    const root = `/proc/${pids[0]!}/root`;
    for (const gone of ['var', 'run', 'sys', 'srv', 'boot', 'mnt', 'media']) {
      expect(readdirSync(root)).not.toContain(gone);
    }
    expect(readdirSync(`${root}/home`)).toEqual(['user']);
    expect(read(pids[0]!, 'root/etc/passwd')).toMatch(/^user:x:1000:1000::\/home\/user:\/bin\/sh\n$/);
  });

  it('its environment is ours to the letter, its limits are what was asked for', () => {
    const names = ['HOME', 'LANG', 'LOGNAME', 'PATH', 'PWD', 'PYTHONDONTWRITEBYTECODE', 'TMPDIR', 'USER'];
    expect(open().length).toBeGreaterThan(0);
    for (const pid of open()) {
      const found = read(pid, 'environ')
        .split('\0')
        .flatMap((entry) => entry.split('=', 1))
        .filter((name) => name !== '');
      expect(names).toEqual(expect.arrayContaining(found));
      const limits = read(pid, 'limits');
      const [, soft, hard] = /^Max processes +(\d+) +(\d+) /m.exec(limits) ?? [];
      expect(Number(soft)).toBeLessThanOrEqual(128 + waitingProcesses);
      expect(Number(hard)).toBe(128 + waitingProcesses);
      expect(limits).toMatch(/^Max core file size +0 +0 /m);
      expect(limits).toMatch(/^Max msgqueue size +0 +0 /m);
      expect(limits).toMatch(/^Max address space +4294967296 +4294967296 /m);
    }
  });

  it('no descriptor leads to a file of the host', () => {
    expect(open().length).toBeGreaterThan(0);
    for (const pid of open()) {
      const targets = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      expect(targets.filter((target) => !/^(socket|pipe|anon_inode):|^\/dev\/null$/.test(target))).toEqual(
        [],
      );
    }
  });
});
