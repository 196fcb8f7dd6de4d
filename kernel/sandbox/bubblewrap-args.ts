/** Where things are inside the sandbox. */
export const inside = {
  workspace: '/workspace',
  workerFiles: '/replique',
  init: '/init.py',
  home: '/home/user',
  uid: 1000,
} as const;

/** A directory of the host, and where it is seen. */
export interface Binding {
  readonly source: string;
  readonly target: string;
}

/** What one sandbox is made of. Numbers are descriptors as bubblewrap sees them. */
export interface SandboxPlan {
  /** The workspace: a descriptor of it, or the path where it was mounted for the sandbox's user. */
  readonly workspace: { readonly fd: number } | { readonly path: string };
  readonly readOnly: readonly Binding[];
  /** Directories at the root of the system, as links or as directories of their own: `/bin`, `/lib64`, … */
  readonly rootLinks: readonly RootEntry[];
  /** Files of /proc that tell of the host. */
  readonly hiddenProcFiles: readonly string[];
  readonly fds: Readonly<Record<'seccomp' | 'passwd' | 'group' | 'init', number>>;
  readonly pythonDirectory: string;
  readonly command: readonly string[];
}

export interface RootEntry {
  readonly path: string;
  /** The link's target; absent for a directory. */
  readonly link?: string;
}

const MiB = 1024 * 1024;
const filesInMemory = { shm: 64 * MiB, tmp: 256 * MiB, home: 16 * MiB } as const;
/** What a sandbox's filesystems in memory may hold together. */
export const roomInMemory = filesInMemory.shm + filesInMemory.tmp + filesInMemory.home;

/** Every isolation asked for by name: `--unshare-all` only tries. */
export const isolation: readonly string[] = [
  '--unshare-user',
  '--unshare-ipc',
  '--unshare-pid',
  '--unshare-net',
  '--unshare-uts',
  '--unshare-cgroup',
  '--disable-userns',
  ...['--uid', String(inside.uid), '--gid', String(inside.uid)],
  ...['--hostname', 'sandbox'],
  ...['--cap-drop', 'ALL'],
  '--new-session',
  '--die-with-parent',
  '--as-pid-1',
  '--clearenv',
];

/** The accounts that programs inside find. */
export const accounts = {
  passwd: `user:x:${inside.uid}:${inside.uid}::${inside.home}:/bin/sh\n`,
  group: `user:x:${inside.uid}:\n`,
} as const;

/**
 * bubblewrap's arguments. The order is the point: what is bound later may cover what is earlier. The workspace comes
 * last and nothing is mounted below it: a link in it could redirect the mount point (CVE-2026-87766).
 */
export function bubblewrapArguments(plan: SandboxPlan): readonly string[] {
  const { fds } = plan;
  const environment = {
    PATH: `${plan.pythonDirectory}:/usr/local/bin:/usr/bin:/bin`,
    HOME: inside.home,
    USER: 'user',
    LOGNAME: 'user',
    LANG: 'C.UTF-8',
    TMPDIR: '/tmp',
    PYTHONDONTWRITEBYTECODE: '1',
  };
  return [
    ...isolation,
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--ro-bind', '/usr', '/usr'],
    ...plan.rootLinks.flatMap(({ path, link }) =>
      link === undefined ? ['--ro-bind', path, path] : ['--symlink', link, path],
    ),
    ...systemFiles.flatMap((path) => ['--ro-bind-try', path, path]),
    ...['--perms', '0444', '--file', String(fds.passwd), '/etc/passwd'],
    ...['--perms', '0444', '--file', String(fds.group), '/etc/group'],
    ...['--perms', '0444', '--file', String(fds.init), inside.init],
    ...['--proc', '/proc'],
    ...plan.hiddenProcFiles.flatMap((path) => ['--ro-bind', '/dev/null', path]),
    ...['--dev', '/dev'],
    ...tmpfs('/dev/shm', filesInMemory.shm, '1777'),
    ...tmpfs('/tmp', filesInMemory.tmp, '1777'),
    ...tmpfs(inside.home, filesInMemory.home, '0700'),
    ...plan.readOnly.flatMap(({ source, target }) => ['--ro-bind', source, target]),
    ...workspaceMount(plan.workspace),
    ...['--remount-ro', '/dev', '--remount-ro', '/'],
    ...['--chdir', inside.workspace],
    ...['--seccomp', String(fds.seccomp)],
    '--',
    ...plan.command,
  ];
}

const systemFiles = ['/etc/ld.so.cache', '/etc/alternatives', '/etc/ssl/certs', '/etc/localtime'];

function tmpfs(path: string, bytes: number, permissions: string): readonly string[] {
  return ['--perms', permissions, '--size', String(bytes), '--tmpfs', path];
}

function workspaceMount(workspace: SandboxPlan['workspace']): readonly string[] {
  return 'fd' in workspace
    ? ['--bind-fd', String(workspace.fd), inside.workspace]
    : ['--bind', workspace.path, inside.workspace];
}
