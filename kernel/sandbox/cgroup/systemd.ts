import { execFile, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { GroupBounds } from './group.ts';
import type { CgroupWay } from './way.ts';

const run = promisify(execFile);
/** As long as systemd may take to answer, once to try it, and once for each sandbox. */
const answerMs = 1_000;
const largestAnswer = 64 * 1024;

/** A manager of systemd that makes groups for us. */
export interface Manager {
  /** Path of systemd-run. */
  readonly program: string;
  /** The socket that the manager listens at. */
  readonly socket: string;
  /** Absent: the system's own, which root may ask. */
  readonly runtimeDirectory?: string;
}

/** Never looked for in PATH, as bubblewrap. */
const places = ['/usr/bin/systemd-run', '/bin/systemd-run', '/run/current-system/sw/bin/systemd-run'];

/** The manager of this process's user, if its program and its socket are there; whether it answers is another question. */
export function findManager(
  uid: number = process.getuid?.() ?? 0,
  runtimeDirectory: string = process.env['XDG_RUNTIME_DIR'] ?? `/run/user/${uid}`,
): Manager | undefined {
  const program = places.find((path) => existsSync(path));
  const manager =
    uid === 0
      ? { socket: '/run/systemd/private' }
      : { socket: `${runtimeDirectory}/systemd/private`, runtimeDirectory };
  return program !== undefined && existsSync(manager.socket) ? { program, ...manager } : undefined;
}

/**
 * Groups made by systemd, each for one sandbox: a transient scope, which is gone when its last process is.
 * @returns undefined where the manager does not make one in time
 */
export async function systemdWay(manager: Manager): Promise<CgroupWay | undefined> {
  const trial = commandOf(manager, { memoryBytes: 2 ** 30, processes: 16 }, [
    '/bin/cat',
    '/proc/self/cgroup',
  ]);
  const [file, ...rest] = trial as [string, ...string[]];
  const options = { env: environmentOf(manager), timeout: answerMs, maxBuffer: largestAnswer, cwd: '/' };
  try {
    const { stdout } = await run(file, rest, { ...options, killSignal: 'SIGKILL' });
    if (!/^0::\/.*\.scope$/m.test(stdout)) return undefined;
  } catch {
    return undefined;
  }
  return {
    prepare: (bounds) => ({
      enter: (command) => commandOf(manager, bounds, command),
      environment: environmentOf(manager),
      started: endIfStuck,
      ended: () => undefined,
    }),
  };
}

/**
 * Some versions replace `$NAME` in a command, and only those know the option that forbids it: such a command goes as it
 * is, without a group.
 */
function commandOf(
  { program, runtimeDirectory }: Manager,
  { memoryBytes, processes }: GroupBounds,
  command: readonly string[],
): readonly string[] {
  if (command.some((part) => part.includes('$'))) return command;
  const properties = [`MemoryMax=${memoryBytes}`, 'MemorySwapMax=0', `TasksMax=${processes}`];
  return [
    program,
    ...(runtimeDirectory === undefined ? [] : ['--user']),
    ...['--scope', '--quiet', '--collect'],
    ...properties.flatMap((property) => ['-p', property]),
    '--',
    ...command,
  ];
}

const environmentOf = ({ runtimeDirectory }: Manager): Readonly<Record<string, string>> =>
  runtimeDirectory === undefined ? {} : { XDG_RUNTIME_DIR: runtimeDirectory };

/** systemd-run becomes the command as soon as it has its group. */
function endIfStuck(child: ChildProcess): void {
  const timer = setTimeout(() => {
    if (nameOf(child.pid) === 'systemd-run') child.kill('SIGKILL');
  }, answerMs).unref();
  child.once('exit', () => clearTimeout(timer));
}

function nameOf(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid ?? 0}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}
