import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { closeSync, existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { accounts, bubblewrapArguments, inside, type Binding } from './bubblewrap-args.ts';
import { confirmed, type Started } from './bubblewrap-confirm.ts';
import { installBubblewrap, unavailable } from './bubblewrap-remedies.ts';
import type { LaunchOptions, SandboxProcess } from './contract.ts';
import { asUnprivilegedUser, runsAsRoot, staged } from './idmap.ts';
import { killQuietly } from './kill.ts';
import { LaunchedProcess } from './launcher-process.ts';
import { resourceLimits } from './limits.ts';
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
}

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  return { bubblewrap: places.find((path) => existsSync(path)), architecture: currentArchitecture() };
}

/**
 * Starts a worker under bubblewrap and settles when its first process has reported that the filter, the missing
 * capabilities and `no_new_privs` are in force. Anything else ends it.
 * @throws RepliqueError SANDBOX_UNAVAILABLE, saying what is missing
 */
export async function launchInBubblewrap(
  options: LaunchOptions,
  { bubblewrap, architecture }: Machine = thisMachine(),
): Promise<SandboxProcess> {
  if (bubblewrap === undefined) throw unavailable('bubblewrap is not installed.', installBubblewrap);
  if (architecture === undefined) {
    throw unavailable(
      `there is no system call filter for ${process.arch}.`,
      'Use an x86-64 or ARM64 machine.',
    );
  }
  refuseSharedDirectories(options);
  const workspaceFd = openWorkspace(options.workspace);
  try {
    const child = start(planned(bubblewrap, architecture, options, workspaceFd));
    return await confirmed(watch(child, options));
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

/** How the sandbox is started that `options` ask for. */
export function planned(
  bubblewrap: string,
  architecture: Architecture,
  options: LaunchOptions,
  workspaceFd: number,
): Plan {
  const kept = options.egress ? 1 : 0;
  const first = FIRST_CHANNEL + options.channels + kept;
  const fds = {
    workspace: first,
    seccomp: first + 1,
    passwd: first + 2,
    group: first + 3,
    init: first + 4,
  };
  const pipes = (count: number): readonly 'pipe'[] => Array<'pipe'>(count).fill('pipe');
  const stdio: StdioOptions = ['ignore', ...pipes(3 + options.channels + kept), workspaceFd, ...pipes(4)];
  const bindings: readonly Binding[] = [
    ...outermost([...options.python.directories, ...(options.folders ?? [])]).map((path) => ({
      source: path,
      target: path,
    })),
    { source: options.workerFiles, target: inside.workerFiles },
  ];
  const root = runsAsRoot();
  const readOnly = root ? staged(bindings).readOnly : bindings;
  const command = [
    bubblewrap,
    ...bubblewrapArguments({
      workspace: root ? { path: staged(bindings).workspace } : { fd: fds.workspace },
      readOnly,
      rootLinks: rootEntries(),
      hiddenProcFiles: revealingProcFiles(),
      fds,
      pythonDirectory: dirname(options.python.executable),
      command: [
        ...[options.python.executable, '-I', '-B', inside.init, 'sandbox', `${options.channels}+${kept}`],
        ...[resourceLimits(options.limits), inside.workerFiles, options.entry],
      ],
    }),
  ];
  return {
    command: root ? asUnprivilegedUser(options.python.executable, fds.workspace, bindings, command) : command,
    stdio,
    fed: new Map<number, string | Buffer>([
      [fds.seccomp, buildSeccompFilter(architecture)],
      [fds.passwd, accounts.passwd],
      [fds.group, accounts.group],
      [fds.init, readFileSync(new URL('./worker/init.py', import.meta.url))],
    ]),
  };
}

/** Starts what was planned, and hands its descriptors what they carry. */
export function start({ command, stdio, fed }: Plan): ChildProcess {
  const [file, ...rest] = command as [string, ...string[]];
  const child = spawn(file, rest, { stdio, env: {}, cwd: '/' });
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
