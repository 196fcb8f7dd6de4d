import { describe, expect, it } from 'vitest';
import { bubblewrapArguments, inside, type SandboxPlan } from '../../../kernel/sandbox/bubblewrap-args.ts';
import { missingProtection } from '../../../kernel/sandbox/bubblewrap-confirm.ts';
import { asUnprivilegedUser, sandboxUid, staged } from '../../../kernel/sandbox/idmap.ts';

const plan: SandboxPlan = {
  workspace: { fd: 9 },
  readOnly: [
    { source: '/opt/python', target: '/opt/python' },
    { source: '/srv/worker', target: inside.workerFiles },
  ],
  rootLinks: [{ path: '/lib64', link: 'usr/lib64' }, { path: '/lib' }],
  hiddenProcFiles: ['/proc/kallsyms'],
  fds: { seccomp: 10, passwd: 11, group: 12, init: 13 },
  pythonDirectory: '/opt/python/bin',
  command: ['/opt/python/bin/python3', '-I', '/init.py'],
};

/** Mount points in the order in which bubblewrap makes them. */
function destinations(args: readonly string[]): readonly string[] {
  const withSource = /^--(ro-)?bind(-try|-fd|-data)?$|^--ro-bind-data$|^--symlink$/;
  return args.flatMap((arg, at) => {
    if (withSource.test(arg)) return [args[at + 2]!];
    return ['--tmpfs', '--proc', '--dev'].includes(arg) ? [args[at + 1]!] : [];
  });
}

describe('bubblewrap’s arguments', () => {
  const args = bubblewrapArguments(plan);
  const pairs = args.map((arg, at) => `${arg} ${args[at + 1] ?? ''}`);

  it('ask for every isolation by name', () => {
    for (const name of ['user', 'ipc', 'pid', 'net', 'uts', 'cgroup'])
      expect(args).toContain(`--unshare-${name}`);
    for (const name of [
      '--disable-userns',
      '--new-session',
      '--die-with-parent',
      '--as-pid-1',
      '--clearenv',
    ]) {
      expect(args).toContain(name);
    }
    expect(pairs).toContain('--cap-drop ALL');
    expect(pairs).toContain('--uid 1000');
    expect(pairs).toContain('--seccomp 10');
    expect(args.filter((arg) => arg.endsWith('-try'))).toEqual(Array(4).fill('--ro-bind-try'));
    expect(args).not.toContain('--share-net');
  });

  it('mount the workspace last, and nothing below it', () => {
    const all = destinations(args);
    expect(all.at(-1)).toBe('/workspace');
    expect(all.filter((path) => path.startsWith('/workspace'))).toHaveLength(1);
  });

  it('make the system read-only after all mounts', () => {
    const last = args.lastIndexOf('/workspace', args.indexOf('--chdir'));
    expect(pairs.indexOf('--remount-ro /')).toBeGreaterThan(args.indexOf('/workspace'));
    expect(pairs).toContain('--remount-ro /dev');
    expect(last).toBeGreaterThan(0);
  });

  it('give each temporary file system a size', () => {
    for (const [at, arg] of args.entries()) {
      if (arg === '--tmpfs')
        expect(args.slice(at - 2, at)).toEqual(['--size', expect.stringMatching(/^\d+$/)]);
    }
  });

  it('mount Python after the temporary file systems, so that it may lie below one', () => {
    const all = destinations(args);
    expect(all.indexOf('/opt/python')).toBeGreaterThan(all.indexOf('/home/user'));
    expect(all.indexOf('/opt/python')).toBeGreaterThan(all.indexOf('/tmp'));
  });

  it('take links of the root as links, and folders as folders', () => {
    expect(args.join(' ')).toContain('--symlink usr/lib64 /lib64 --ro-bind /lib /lib');
  });

  it('end with the command', () => {
    expect(args.slice(args.indexOf('--') + 1)).toEqual(plan.command);
    expect(pairs).toContain('PATH /opt/python/bin:/usr/local/bin:/usr/bin:/bin');
  });

  it('take a workspace that is mounted already by its path', () => {
    const mounted = bubblewrapArguments({ ...plan, workspace: { path: '/tmp/workspace' } });
    expect(mounted.join(' ')).toContain('--bind /tmp/workspace /workspace --remount-ro');
  });
});

describe('as root', () => {
  it('directories are reached where they are staged', () => {
    expect(staged(plan.readOnly)).toEqual({
      workspace: '/tmp/workspace',
      readOnly: [
        { source: '/tmp/0', target: '/opt/python' },
        { source: '/tmp/1', target: '/replique' },
      ],
    });
  });

  it('the command is started on the stage, for a user that is not root', () => {
    const command = asUnprivilegedUser(7, ['/usr/bin/bwrap', '--x']);
    expect(command[0]).toMatch(/\/nsenter$/);
    expect(command.slice(1)).toEqual([
      '-m/proc/self/fd/7',
      ...['-S', String(sandboxUid), '-G', String(sandboxUid), '--', '/usr/bin/bwrap', '--x'],
    ]);
    expect(sandboxUid).toBeGreaterThan(0);
  });
});

describe('what was read back', () => {
  const status = { Seccomp: '2', NoNewPrivs: '1', CapEff: '0000000000000000' };
  const host = 'Name:\tpython\nUid:\t65528\t65528\t65528\t65528\nGid:\t65528\n';

  it('is accepted when all is in force', () => {
    expect(missingProtection(status, host)).toBeUndefined();
    expect(missingProtection(status, undefined)).toBeUndefined();
  });

  it.each([
    [{ ...status, Seccomp: '0' }, host, /filter/],
    [{ ...status, Seccomp: '1' }, host, /filter/],
    [{ ...status, NoNewPrivs: '0' }, host, /no_new_privs/],
    [{ ...status, CapEff: '000001ffffffffff' }, host, /capabilities/],
    [{ Seccomp: '2', NoNewPrivs: '1' }, host, /capabilities \(unknown\)/],
    [{}, host, /filter/],
    [status, host.replaceAll('65528', '0'), /root on the host/],
    [status, host.replace('65528\nGid', '0\nGid'), /root on the host/],
    [status, '', /root on the host/],
  ])('is refused otherwise (%#)', (inner, outer, problem) => {
    expect(missingProtection(inner, outer)).toMatch(problem);
  });
});
