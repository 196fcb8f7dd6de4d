import { closeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { LaunchOptions, SandboxProcess } from '../../kernel/sandbox/contract.ts';
import { planned, start, thisMachine, type Plan } from '../../kernel/sandbox/bubblewrap.ts';
import { runsAsRoot, staged } from '../../kernel/sandbox/idmap.ts';
import { killQuietly } from '../../kernel/sandbox/kill.ts';
import { LaunchedProcess } from '../../kernel/sandbox/launcher-process.ts';
import { openWorkspace } from '../../kernel/sandbox/mounts.ts';
import { childrenOf } from '../../kernel/sandbox/watchdog/usage.ts';

/** Parts of the sandbox that a control does without; tests/security/attacks/README.md says what each is. */
export const parts = [
  'seccomp',
  'capabilities',
  'user-namespace',
  'limits',
  'network',
  'files',
  'writable',
  'read-only',
  'hidden-proc',
  'undumpable',
  'descriptors',
] as const;
export type Part = (typeof parts)[number];

/**
 * Our own sandbox, started as it always is, but for `without`: what an attack can do in it and not in the whole one is
 * held by those parts.
 * @param outside a folder of the host that is there without `files`
 */
export async function launchWithout(
  without: readonly Part[],
  options: LaunchOptions,
  outside: string,
): Promise<SandboxProcess> {
  const { bubblewrap, architecture } = thisMachine();
  const folders = without.includes('files') ? [outside] : [];
  const workspace = without.includes('writable') ? dirname(outside) : options.workspace;
  const workspaceFd = openWorkspace(workspace);
  try {
    const whole = await planned(
      { bubblewrap: bubblewrap!, architecture: architecture! },
      { ...options, folders, workspace },
      workspaceFd,
    );
    const child = start(without.reduce((plan, part) => edits[part](plan, outside), whole));
    const endAtOnce = (): void => childrenOf(child.pid ?? 0).forEach(killQuietly);
    const launched = new LaunchedProcess(
      child,
      options.channels,
      endAtOnce,
      () => childrenOf(child.pid ?? 0)[0],
    );
    await launched.ready;
    return launched;
  } finally {
    closeSync(workspaceFd);
  }
}

const edits: Readonly<Record<Part, (plan: Plan, outside: string) => Plan>> = {
  seccomp: (plan) => replaced(plan, '--seccomp', 2),
  capabilities: (plan) => replaced(plan, '--cap-drop', 2, ['--cap-add', 'ALL']),
  'user-namespace': (plan) => {
    const asRoot = replaced(replaced(plan, '--uid', 2, ['--uid', '0']), '--gid', 2, ['--gid', '0']);
    return replaced(asRoot, '--disable-userns', 1);
  },
  limits: ({ command, ...plan }) => ({
    ...plan,
    command: command
      .filter((word, at) => word !== '--size' && command[at - 1] !== '--size')
      .map((word) => (/^AS=\d+:/.test(word) ? '' : word)),
  }),
  network: (plan) => replaced(plan, '--unshare-net', 1),
  files: (plan, outside) => {
    const { command } = plan;
    const source = command[command.lastIndexOf(outside) - 1]!;
    const shown = ['/sys', '/run', '/boot', '/var/log', '/etc/hosts', '/etc/hostname'];
    return replaced(plan, '--remount-ro', 0, [
      ...shown.flatMap((path) => ['--ro-bind-try', path, path]),
      ...['--ro-bind', source, join('/', basename(outside))],
    ]);
  },
  writable: (plan, outside) => {
    const top = dirname(outside);
    const bind = ['--bind', runsAsRoot() ? staged([]).workspace : top, top];
    const at = plan.command.indexOf('--chdir');
    const moved = { ...plan, command: plan.command.with(at + 1, join(top, 'workspace')) };
    return replaced(moved, '--remount-ro', 0, bind);
  },
  'read-only': (plan) => replaced(replaced(plan, '--remount-ro', 2), '--remount-ro', 2),
  'hidden-proc': (plan, outside) =>
    plan.command.includes('/dev/null')
      ? edits['hidden-proc'](replaced(plan, '/dev/null', 3, [], -1), outside)
      : plan,
  undumpable: (plan) => withInit(plan, 'prctl(SET_DUMPABLE, 0)'),
  descriptors: (plan) => withInit(plan, 'os.close(CONTROL)'),
};

/** The command with `count` words from `word` on (or from `offset` before or behind it) replaced. */
function replaced(plan: Plan, word: string, count: number, by: readonly string[] = [], offset = 0): Plan {
  const at = plan.command.indexOf(word);
  if (at === -1) throw new Error(`The sandbox is not started with ${word}.`);
  return { ...plan, command: plan.command.toSpliced(at + offset, count, ...by) };
}

/** The first process does one thing less. */
function withInit(plan: Plan, statement: string): Plan {
  const [fd, init] = [...plan.fed].at(-1)!;
  return { ...plan, fed: new Map([...plan.fed, [fd, String(init).replace(statement, 'pass')]]) };
}
