import { createHash } from 'node:crypto';
import { access, chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeDirectories } from '../../../kernel/files.ts';
import { repliqueError } from '../../../kernel/errors.ts';
import { envStamp } from '../../../kernel/paths.ts';
import { withLock } from './lock.ts';
import { PipProgress } from './pip-progress.ts';
import type { ProgressSink } from './progress-sink.ts';
import type { BasePython } from './python.ts';
import { lastLines, runCommand } from './run-command.ts';
import type { CommandResult } from './run-command.ts';

export interface PythonEnv {
  readonly directory: string;
  /** What it is for, in the words of the progress line. */
  readonly purpose: string;
  /** File of pinned requirements, the whole closure. */
  readonly requirements: string;
  /** Options of pip besides. */
  readonly options?: readonly string[];
  /** Looks at it before the packages come; what it gives is called when they are there, and throws where it is not to be used. */
  readonly watch?: (directory: string) => Promise<() => Promise<void>>;
  /** Aborted: it is not made, and nothing is left of it. */
  readonly signal?: AbortSignal | undefined;
}

/** Its interpreter. */
export const pythonOf = (directory: string): string => join(directory, 'bin', 'python');

/**
 * Makes a Python environment with exactly the pinned packages, unless it is there already.
 * @param findBase looked up only when there is something to make
 * @returns whether it had to be made
 * @throws RepliqueError PYTHON_MISSING or PYTHON_ENV_FAILED
 */
export async function ensurePythonEnv(
  env: PythonEnv,
  findBase: () => Promise<BasePython>,
  sink: ProgressSink,
): Promise<boolean> {
  const text = await readFile(env.requirements, 'utf8');
  if (await isMade(env.directory, text)) return false;
  const lock = join(dirname(env.directory), `.${basename(env.directory)}.lock`);
  const work = async () => {
    if (await isMade(env.directory, text)) return false;
    await make(env, await findBase(), text, sink);
    return true;
  };
  const onWait = () => sink.step('Waiting for another Replique that makes the same …');
  return withLock(lock, work, { onWait, signal: env.signal });
}

async function isMade(directory: string, requirements: string): Promise<boolean> {
  try {
    await access(pythonOf(directory)); // follows the link: the base Python is still there
    return (await readFile(join(directory, envStamp), 'utf8')) === stampOf(requirements);
  } catch {
    return false;
  }
}

const stampOf = (requirements: string): string => createHash('sha256').update(requirements).digest('hex');

async function make(env: PythonEnv, base: BasePython, text: string, sink: ProgressSink): Promise<void> {
  const { directory, purpose } = env;
  sink.step(`Making the Python environment for ${purpose} (Python ${base.version}) in ${directory}`);
  try {
    await rm(directory, { recursive: true, force: true });
    makeDirectories(directory);
    await chmod(directory, 0o755); // the sandbox's user reads it
    const pip = await makeEmpty(directory, base, env.signal);
    const check = await env.watch?.(directory);
    await install(pip, env, text, sink);
    await check?.();
    env.signal?.throwIfAborted();
    await writeFile(join(directory, envStamp), stampOf(text), { mode: 0o644 });
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    if (error instanceof Error && 'code' in error && error.code === 'PYTHON_ENV_FAILED') throw error;
    throw failed(directory, error instanceof Error ? error.message : String(error));
  }
}

/**
 * Makes an environment without packages.
 * @returns the command that is its pip
 * @throws RepliqueError PYTHON_ENV_FAILED
 */
export async function makeEmpty(
  directory: string,
  base: BasePython,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const run = (args: string[]) => runPython(base.executable, args, { signal });
  const withPip = await run(['-m', 'venv', directory]);
  if (withPip.status === 0) return [pythonOf(directory), '-m', 'pip'];
  // Debian's Python lacks ensurepip without python3-venv: its own pip can install into the environment.
  const bare = await run(['-m', 'venv', '--clear', '--without-pip', directory]);
  const outside = await run(['-m', 'pip', '--python', pythonOf(directory), '--version']);
  if (bare.status === 0 && outside.status === 0) {
    return [base.executable, '-m', 'pip', '--python', pythonOf(directory)];
  }
  throw failed(
    directory,
    `${lastLines(withPip)}\n  On Debian or Ubuntu: sudo apt-get install -y python3-venv`,
  );
}

async function install(
  [command = '', ...args]: readonly string[],
  env: PythonEnv,
  text: string,
  sink: ProgressSink,
): Promise<void> {
  const total = text.split('\n').filter((line) => /^[a-z0-9]/i.test(line)).length;
  const progress = new PipProgress(`Packages for ${env.purpose}`, total, sink);
  const all = [...args, 'install', ...pipOptions, ...(env.options ?? [])];
  const result = await runPython(command, [...all, '-r', env.requirements], {
    onLine: (line) => progress.read(line),
    signal: env.signal,
  });
  if (result.status !== 0) throw failed(env.directory, lastLines(result));
  progress.finish();
}

/** Of an installation of pinned packages. */
export const pipOptions: readonly string[] = [
  ...['--no-deps', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'],
];

interface RunOptions {
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Runs a Python whose files others may read, whatever the user's umask; nothing of the user's Python set-up is used. */
export function runPython(
  command: string,
  args: readonly string[],
  { onLine, signal }: RunOptions = {},
): Promise<CommandResult> {
  const script = 'umask 022; exec "$0" "$@"';
  return runCommand('/bin/sh', ['-c', script, command, ...args], {
    env: {
      ...process.env,
      PYTHONPATH: '',
      PYTHONHOME: undefined,
      PIP_USER: '0',
      PIP_ROOT_USER_ACTION: 'ignore',
    },
    tied: true,
    ...(onLine && { onLine }),
    ...(signal && { signal }),
  });
}

const failed = (directory: string, problem: string) =>
  repliqueError('PYTHON_ENV_FAILED', { directory, problem }, { cause: problem });
