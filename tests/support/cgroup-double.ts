import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { CgroupView } from '../../kernel/sandbox/cgroup/hierarchy.ts';
import type { CgroupFiles } from '../../kernel/sandbox/cgroup/files.ts';
import type { Manager } from '../../kernel/sandbox/cgroup/systemd.ts';

interface Shape {
  /** Of the whole hierarchy. */
  readonly controllers?: string;
  /** Group that the kernel is in, below the top; groups above it are made, too. */
  readonly own?: string;
  /** Groups whose children may use the controllers. */
  readonly enabled?: readonly string[];
  readonly systemd?: boolean;
  /** Whether swap is counted. */
  readonly swap?: boolean;
  /** The group that is shown at the top (a container's own). */
  readonly root?: string;
}

/**
 * A double of a cgroup v2 hierarchy, for machines whose controllers are version 1's: a tree of plain files. What it does
 * is after Documentation/admin-guide/cgroup-v2.rst: a new group has the files of the controllers that its parent's
 * `cgroup.subtree_control` names, `max` in the limits ("Enabling and Disabling", "Memory Interface Files"); a process
 * that is written to `cgroup.procs` moves there, and its children begin there ("Processes"); a group with living
 * processes or children can't be removed, and zombies don't count ("Creating and Populating a Group"). It limits nothing;
 * `kill` says what the system's killer would.
 */
export class CgroupDouble {
  readonly top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-cgroup-double-')));
  readonly #shape: Shape;

  constructor(shape: Shape = {}) {
    this.#shape = { own: '/unit/kernel', enabled: ['/unit'], controllers: 'cpu memory pids', ...shape };
    this.#populate(this.top, this.#shape.controllers ?? '');
    let path = '';
    for (const name of (this.#shape.own ?? '').split('/').filter((part) => part !== '')) {
      this.#enable(path);
      path += `/${name}`;
      this.files.makeDirectory(join(this.top, path));
    }
    this.#enable(path);
  }

  readonly view: CgroupView = {
    mounts: () =>
      `25 1 0:22 / /proc rw - proc proc rw\n31 25 0:28 ${this.#shape.root ?? '/'} ${this.top} rw,nosuid - cgroup2 cgroup2 rw\n`,
    membership: (pid) => {
      const own = `${this.#shape.root ?? ''}${this.#shape.own ?? ''}`;
      return `0::${(pid === 'self' ? undefined : this.#groupOf(pid)) ?? (own === '' ? '/' : own)}\n`;
    },
    hasSystemd: () => this.#shape.systemd ?? false,
  };

  readonly files: CgroupFiles = {
    makeDirectory: (path) => {
      mkdirSync(path);
      this.#populate(path, readFileSync(join(path, '../cgroup.subtree_control'), 'utf8').trim());
    },
    write: (path, text) => {
      if (/\/(memory|pids)\.(swap\.)?max$/.test(path) && !/^(\d+|max)$/.test(text)) throw withCode('EINVAL');
      if (!existsSync(path)) throw withCode('ENOENT');
      if (path.endsWith('/cgroup.subtree_control')) this.#enableFrom(path, text);
      else writeFileSync(path, text);
    },
    removeDirectory: (path) => {
      if (!existsSync(path)) throw withCode('ENOENT');
      const isPopulated = readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').some(isAlive);
      if (isPopulated || groupsIn(path).length > 0) throw withCode('EBUSY');
      rmSync(path, { recursive: true });
    },
  };

  /** Groups below the kernel's parent that hold sandboxes. */
  groups(parent = '/unit'): readonly string[] {
    return groupsIn(join(this.top, parent)).filter((name) => name.startsWith('replique-'));
  }

  /** What the system's killer does to the count when it kills in a group. */
  kill(directory: string): void {
    const file = join(directory, 'memory.events');
    const count = Number(/^oom_kill (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1]);
    writeFileSync(file, `low 0\nhigh 0\nmax 12\noom 1\noom_kill ${count + 1}\noom_group_kill 0\n`);
  }

  close(): void {
    rmSync(this.top, { recursive: true, force: true });
  }

  /** "No Internal Process Constraint": not where there are processes; the kernel is in its own group. */
  #enableFrom(control: string, text: string): void {
    const directory = dirname(control);
    const has = readFileSync(join(directory, 'cgroup.controllers'), 'utf8').trim().split(' ');
    const wanted = text.split(' ').map((name) => name.slice(1));
    if (!wanted.every((name) => has.includes(name))) throw withCode('ENOENT');
    if (relative(this.top, directory) === (this.#shape.own ?? '').slice(1)) throw withCode('EBUSY');
    writeFileSync(control, `${wanted.join(' ')}\n`);
  }

  #enable(path: string): void {
    if (!this.#shape.enabled?.includes(path === '' ? '/' : path)) return;
    writeFileSync(join(this.top, path, 'cgroup.subtree_control'), 'memory pids\n');
  }

  #populate(directory: string, controllers: string): void {
    const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
    write('cgroup.controllers', `${controllers}\n`);
    write('cgroup.subtree_control', '');
    write('cgroup.procs', '');
    if (directory === this.top) return;
    const has = controllers.split(' ');
    if (has.includes('pids')) write('pids.max', 'max\n');
    if (!has.includes('memory')) return;
    write('memory.max', 'max\n');
    write('memory.events', 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n');
    if (this.#shape.swap !== false) write('memory.swap.max', 'max\n');
  }

  /** Where a process, or the nearest of its ancestors that moved, is. */
  #groupOf(pid: number): string | undefined {
    const found = this.#directories(this.top).find((directory) =>
      readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').includes(String(pid)),
    );
    if (found !== undefined) return `${this.#shape.root ?? ''}/${relative(this.top, found)}`;
    const parent = Number(/^PPid:\s+(\d+)$/m.exec(statusOf(pid))?.[1] ?? 0);
    return parent > 1 ? this.#groupOf(parent) : undefined;
  }

  #directories(directory: string): readonly string[] {
    const below = groupsIn(directory).map((name) => join(directory, name));
    return [directory, ...below.flatMap((each) => this.#directories(each))];
  }
}

/** What the double of systemd-run does. */
type Manner = 'works' | 'hangs' | 'refuses' | 'hangs later' | 'no scope';

/**
 * A double of systemd-run(1) for `--scope`: notes what it was given, makes a group with the properties in a tree of the
 * double, moves into it and becomes the command, as the manual page says ("the command is executed by systemd-run
 * itself"). `MemoryMax=`, `MemorySwapMax=` and `TasksMax=` are those of systemd.resource-control(5).
 */
export function systemdRunDouble(
  directory: string,
  hierarchy: CgroupDouble,
  manner: Manner = 'works',
): Manager & { readonly notes: () => readonly (readonly string[])[] } {
  const program = join(directory, 'systemd-run');
  const notes = join(directory, 'notes');
  const socket = join(directory, 'private');
  appendFileSync(socket, '');
  appendFileSync(notes, '');
  writeFileSync(
    program,
    `#!/usr/bin/python3 -IS
import json, os, sys, time
manner, tree = ${JSON.stringify(manner)}, ${JSON.stringify(join(hierarchy.top, 'unit'))}
with open(${JSON.stringify(notes)}, "a") as file:
    file.write(json.dumps(sys.argv[1:] + [os.environ.get("XDG_RUNTIME_DIR", "")]) + "\\n")
split = sys.argv.index("--")
options, command = sys.argv[1:split], sys.argv[split + 1:]
is_trial = command == ["/bin/cat", "/proc/self/cgroup"]
if manner == "refuses":
    sys.exit("Failed to connect to bus: No medium found")
if manner == "hangs" or (manner == "hangs later" and not is_trial):
    time.sleep(600)
if is_trial:
    print("0::/user.slice/unit/" + ("run-r1.scope" if manner != "no scope" else ""))
    sys.exit()
scope = tree + "/run-r%d.scope" % os.getpid()
os.mkdir(scope)
names = {"MemoryMax": "memory.max", "MemorySwapMax": "memory.swap.max", "TasksMax": "pids.max"}
for option, value in zip(options, options[1:]):
    if option == "-p":
        name, _, number = value.partition("=")
        with open(scope + "/" + names[name], "w") as file:
            file.write(number)
for name, text in (("memory.events", "oom_kill 0\\n"), ("cgroup.procs", "%d\\n" % os.getpid())):
    with open(scope + "/" + name, "w") as file:
        file.write(text)
os.execv(command[0], command)
`,
  );
  chmodSync(program, 0o755);
  return {
    ...{ program, socket, runtimeDirectory: directory },
    notes: () =>
      readFileSync(notes, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as string[]),
  };
}

const groupsIn = (directory: string): readonly string[] =>
  readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

/** Zombies don't count. */
const isAlive = (pid: string): boolean => pid !== '' && /^State:\s+[^Z]/m.test(statusOf(Number(pid)));

const withCode = (code: string): Error => Object.assign(new Error(code), { code });
