import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { closeSync, existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { accounts, bubblewrapArguments, inside, type Binding } from './bubblewrap-args.ts';
import { confirmed, type Started } from './bubblewrap-confirm.ts';
import { installBubblewrap, unavailable } from './bubblewrap-remedies.ts';
import { cgroups, type Cgroups } from './cgroup/cgroup.ts';
import { memoryKills } from './cgroup/group.ts';
import type { GroupStart } from './cgroup/way.ts';
import type { LaunchOptions, SandboxProcess } from './contract.ts';
import { asUnprivilegedUser, runsAsRoot, staged, stageFor } from './idmap.ts';
import { killQuietly } from './kill.ts';
import { LaunchedProcess } from './launcher-process.ts';
import { groupBounds, resourceLimits } from './limits.ts';
import { isWithin, openWorkspace, outermost, revealingProcFiles, rootEntries } from './mounts.ts';
import type { Architecture } from './seccomp-table.ts';
import { buildSeccompFilter, currentArchitecture } from './seccomp.ts';
import { childrenOf } from './watchdog/usage.ts';

const FIRST_CHANNEL = 4;

/**
 * Where bubblewrap may lie. Never looked for in PATH: that may name a directory inside a workspace, where helper code
 * could leave another program of this name.
 */
const places = ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/bin/bwrap', '/run/current-system/sw/bin/bwrap'];

/** What a sandbox needs of the machine. */
export interface Machine {
  /** Path of bubblewrap. */
  readonly bubblewrap: string | undefined;
  /** Absent where there is no filter for it. */
  readonly architecture: Architecture | undefined;
  /** Not needed, but used where there are any. */
  readonly cgroups: Cgroups;
}

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  const bubblewrap = places.find((path) => existsSync(path));
  return { bubblewrap, architecture: currentArchitecture(), cgroups };
}

/**
 * Starts a worker under bubblewrap, in a cgroup where the machine has one for it, and settles when its first process has
 * reported that the filter, the missing capabilities and `no_new_privs` are in force. Anything else ends it.
 * @throws RepliqueError SANDBOX_UNAVAILABLE, saying what is missing
 */
export async function launchInBubblewrap(
  options: LaunchOptions,
  machine: Machine = thisMachine(),
): Promise<SandboxProcess> {
  const { bubblewrap, architecture } = machine;
  if (bubblewrap === undefined) throw unavailable('bubblewrap is not installed.', installBubblewrap);
  if (architecture === undefined) {
    throw unavailable(
      `there is no system call filter for ${process.arch}.`,
      'Use an x86-64 or ARM64 machine.',
    );
  }
  refuseSharedDirectories(options);
  const needs = { ...machine, bubblewrap, architecture };
  const group = (await machine.cgroups.way())?.prepare(groupBounds(options.limits, options.waiting));
  if (group === undefined) return launch(options, needs);
  try {
    return await launch(options, needs, group);
  } catch {
    group.ended();
    const launched = await launch(options, needs);
    machine.cgroups.giveUp();
    return launched;
  }
}

type Needs = { readonly [Key in keyof Machine]-?: NonNullable<Machine[Key]> };

async function launch(options: LaunchOptions, needs: Needs, group?: GroupStart): Promise<SandboxProcess> {
  const workspaceFd = openWorkspace(options.workspace);
  try {
    const child = start(await planned(needs, options, workspaceFd), group);
    const started = watch(child, options);
    group?.started(child);
    void started.launched.exited.then(() => group?.ended());
    const launched = await confirmed(started);
    const found = needs.cgroups.groupOf(child.pid ?? 0);
    if (found) launched.takeMemoryKill = memoryKills(found);
    return launched;
  } finally {
    closeSync(workspaceFd);
  }
}

/** A sandbox's start, in data. */
export interface Plan {
  readonly command: readonly string[];
  readonly stdio: StdioOptions;
  /** What descriptors carry, by their numbers in the child. */
  readonly fed: ReadonlyMap<number, string | Buffer>;
}

/** How the sandbox is started that `options` ask for. Start it before anything else is waited for. */
export async function planned(
  { bubblewrap, architecture }: Pick<Needs, 'bubblewrap' | 'architecture'>,
  options: LaunchOptions,
  workspaceFd: number,
): Promise<Plan> {
  const bindings = bindingsOf(options);
  const stage = runsAsRoot() ? await stageFor(options.python.executable, workspaceFd, bindings) : undefined;
  const kept = options.egress ? 1 : 0;
  const first = FIRST_CHANNEL + options.channels + kept;
  const fds = { workspace: first, seccomp: first + 1, passwd: first + 2, group: first + 3, init: first + 4 };
  const pipes = (count: number): readonly 'pipe'[] => Array<'pipe'>(count).fill('pipe');
  const passed = stage?.namespace ?? workspaceFd;
  const stdio: StdioOptions = ['ignore', ...pipes(3 + options.channels + kept), passed, ...pipes(4)];
  const shown = staged(bindings);
  const command = [
    bubblewrap,
    ...bubblewrapArguments({
      workspace: stage ? { path: shown.workspace } : { fd: fds.workspace },
      readOnly: stage ? shown.readOnly : bindings,
      rootLinks: rootEntries(),
      hiddenProcFiles: revealingProcFiles(),
      fds,
      pythonDirectory: dirname(options.python.executable),
      command: [
        ...[options.python.executable, '-I', '-B', inside.init, 'sandbox', `${options.channels}+${kept}`],
        ...[resourceLimits(options.limits, options), inside.workerFiles, options.entry],
        ...(options.arguments ?? []),
      ],
    }),
  ];
  return {
    command: stage ? asUnprivilegedUser(fds.workspace, command) : command,
    stdio,
    fed: new Map<number, string | Buffer>([
      [fds.seccomp, buildSeccompFilter(architecture)],
      [fds.passwd, accounts.passwd],
      [fds.group, accounts.group],
      [fds.init, readFileSync(new URL('./worker/init.py', import.meta.url))],
    ]),
  };
}

function bindingsOf({ python, folders, workerFiles }: LaunchOptions): readonly Binding[] {
  const shown = outermost([...python.directories, ...(folders ?? [])]);
  return [
    ...shown.map((path) => ({ source: path, target: path })),
    { source: workerFiles, target: inside.workerFiles },
  ];
}

/** Starts what was planned, and hands its descriptors what they carry. */
export function start({ command, stdio, fed }: Plan, group?: GroupStart): ChildProcess {
  const [file, ...rest] = (group?.enter(command) ?? command) as [string, ...string[]];
  const child = spawn(file, rest, { stdio, env: group?.environment ?? {}, cwd: '/' });
  for (const [fd, data] of fed) {
    const stream = child.stdio[fd] as Writable;
    stream.on('error', () => undefined);
    stream.end(data);
  }
  return child;
}

/** Helper code could change what it can write: neither Python nor the worker may lie there. */
function refuseSharedDirectories({ python, workerFiles, workspace }: LaunchOptions): void {
  const used = [python.executable, ...python.directories, workerFiles];
  const shared = used.find((path) => isWithin(path, workspace) || isWithin(workspace, path));
  if (shared !== undefined) {
    throw unavailable(
      `${shared} would be shared with the workspace ${workspace}, where helpers may write.`,
      'Keep Python and Replique outside the directory that the kernel works in, or start it in another one.',
    );
  }
  const covered = python.directories.find((path) => isWithin(path, inside.workspace));
  if (covered !== undefined) {
    throw unavailable(
      `Python lies in ${covered}, where the sandbox has its workspace.`,
      'Set REPLIQUE_PYTHON to a Python elsewhere.',
    );
  }
}

/**
 * bubblewrap is not asked to name its child (`--info-fd`): where no one is left to read that, it ends between making its
 * child and letting it go on, and the child waits for ever. Nor is it killed while it may be there.
 */
function watch(child: ChildProcess, { channels, egress }: LaunchOptions): Started {
  let known: number | undefined;
  const firstPid = (): number | undefined => (known ??= childrenOf(child.pid ?? 0)[0]);
  // With PID 1 its namespace ends, and bubblewrap, which waits for that, tells when it has. One that is not there yet
  // ends by itself: the control channel is closed.
  const endAtOnce = (): void => childrenOf(child.pid ?? 0).forEach(killQuietly);
  return { launched: new LaunchedProcess(child, channels, endAtOnce, () => known, egress), firstPid };
}
