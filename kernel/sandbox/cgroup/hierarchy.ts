import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { CgroupFiles } from './files.ts';

/** Where the system tells of its cgroups; a test has another one. */
export interface CgroupView {
  /** /proc/self/mountinfo */
  readonly mounts: () => string;
  /** /proc/PID/cgroup; empty where the process has ended. */
  readonly membership: (pid: number | 'self') => string;
  /** Whether systemd manages this machine's cgroups. */
  readonly hasSystemd: () => boolean;
}

export const thisView: CgroupView = {
  mounts: () => read('/proc/self/mountinfo'),
  membership: (pid) => read(`/proc/${pid}/cgroup`),
  hasSystemd: () => existsSync('/run/systemd/system'),
};

/** What a group needs to hold a sandbox. */
const needed = ['memory', 'pids'];

interface Mount {
  /** The group that is shown at `directory`. */
  readonly root: string;
  readonly directory: string;
}

/** The unified hierarchy, where its groups can limit memory and processes (a hybrid one, beside version 1, can't). */
export function findHierarchy(view: CgroupView): Mount | undefined {
  for (const line of view.mounts().split('\n')) {
    if (!line.includes(' - cgroup2 ')) continue;
    const [, , , root = '', directory = ''] = line.split(' ');
    if (hasAll(read(join(directory, 'cgroup.controllers')))) return { root, directory };
  }
  return undefined;
}

/** The directory of the group that a process is in. */
export function directoryOf(view: CgroupView, pid: number | 'self'): string | undefined {
  const mount = findHierarchy(view);
  const path = /^0::(\/.*)$/m.exec(view.membership(pid))?.[1];
  if (mount === undefined || path === undefined || path.split('/').includes('..')) return undefined;
  const isBelow = mount.root === '/' || path === mount.root || path.startsWith(`${mount.root}/`);
  if (!isBelow) return undefined;
  return resolve(mount.directory, `.${mount.root === '/' ? path : path.slice(mount.root.length)}`);
}

/**
 * The nearest group at or above the own one in which groups for sandboxes can be made: its children may limit memory and
 * processes, or it lets that be enabled, as one without processes does that was left to this user. Slices are systemd's,
 * and so is the top where it runs: there it is asked to make a group (systemd.ts).
 */
export function findParent(view: CgroupView, { write }: Pick<CgroupFiles, 'write'>): string | undefined {
  const own = directoryOf(view, 'self');
  const top = findHierarchy(view)?.directory;
  if (own === undefined || top === undefined) return undefined;
  for (let directory = own; ; directory = dirname(directory)) {
    const isSystemds = directory.endsWith('.slice') || (directory === top && view.hasSystemd());
    if (isSystemds) return undefined;
    const control = join(directory, 'cgroup.subtree_control');
    if (hasAll(read(control))) return directory;
    if (directory === top) return undefined;
    try {
      write(control, needed.map((name) => `+${name}`).join(' '));
      return directory;
    } catch {
      // Not ours, or with processes in it: the next one.
    }
  }
}

const hasAll = (controllers: string): boolean => {
  const found = controllers.trim().split(' ');
  return needed.every((name) => found.includes(name));
};

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
