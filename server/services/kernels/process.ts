import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repliqueError } from '../../../kernel/errors.ts';
import { locateProgram } from '../../../kernel/kernelspecs.ts';
import { secretVariables } from '../../config.ts';
import { HttpError } from '../../http/errors.ts';
import type { Kernelspec } from '../kernelspecs/manager.ts';
import { markOf, stillRuns, type ProcessMark } from '../../../kernel/processes.ts';
import { PrintedFile } from './printed.ts';
import { endTree, kernelIdVariable, signal } from './process-tree.ts';

/** What a kernel is started with. */
export interface Launch {
  readonly kernelId: string;
  readonly kernelspec: Kernelspec;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where what it prints outside of cells goes: a pipe would break with the server. */
  readonly printedFile: string;
  /** Whether it goes on when this server ends. */
  readonly outlives: boolean;
}

/** The process of a kernel. */
export interface KernelProcess {
  readonly mark: ProcessMark;
  /** Settles when it has ended, with how. Never rejects. */
  readonly exited: Promise<string>;
  /** Sends a signal to it and what it has started. */
  signal(name: NodeJS.Signals): void;
  /** Kills it and all that it has left behind. */
  end(): Promise<void>;
  /** The end of what it has printed outside of cells. */
  printed(): string;
  /** Lets it go on without this server. */
  leave(): void;
}

/** Between two looks whether a process that is not our child still runs. */
const lookMs = 500;

/**
 * Starts a kernel in a process group of its own.
 * @throws RepliqueError KERNEL_FAILED; HttpError 409 where its directory is gone
 */
export async function startProcess(launch: Launch, connectionFile: string): Promise<KernelProcess> {
  const [program, ...args] = commandOf(launch, connectionFile);
  const printed = openPrinted(launch);
  const child = spawn(program, args, {
    cwd: launch.cwd,
    env: environmentOf(launch),
    stdio: ['ignore', printed.descriptor, printed.descriptor],
    detached: true,
  });
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, name) => resolve(name ?? `exit status ${String(code)}`));
    child.once('error', (error) => resolve(error.message));
  });
  void exited.then(() => printed.stop());
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw failed(launch, `${(error as Error).message}.`);
  }
  child.on('error', () => undefined);
  const pid = child.pid ?? 0;
  const leave = (): void => {
    printed.stop();
    child.unref();
  };
  return processOf({ kernelId: launch.kernelId, mark: markOf(pid), exited, printed, leave });
}

/**
 * Takes over a kernel that another server has started; the number of its process is that of its group.
 * @throws RepliqueError KERNEL_FAILED where it has ended
 */
export function takeOverProcess(launch: Launch, mark: ProcessMark): KernelProcess {
  if (!stillRuns(mark)) throw failed(launch, 'its process has ended.');
  const printed = openPrinted(launch);
  let timer: NodeJS.Timeout | undefined;
  const exited = new Promise<string>((resolve) => {
    timer = setInterval(() => {
      if (!stillRuns(mark)) resolve('it is gone');
    }, lookMs);
  });
  const leave = (): void => {
    printed.stop();
    clearInterval(timer);
  };
  void exited.then(leave);
  return processOf({ kernelId: launch.kernelId, mark, exited, printed, leave });
}

function processOf(parts: {
  readonly kernelId: string;
  readonly mark: ProcessMark;
  readonly exited: Promise<string>;
  readonly printed: PrintedFile;
  readonly leave: () => void;
}): KernelProcess {
  const { kernelId, mark, exited, printed, leave } = parts;
  return {
    ...{ mark, exited, leave },
    signal: (name) => void signal(-mark.pid, name),
    end: () => endTree(mark.pid, kernelId),
    printed: () => printed.tail().trim(),
  };
}

/** @throws RepliqueError KERNEL_FAILED */
function openPrinted(launch: Launch): PrintedFile {
  try {
    return new PrintedFile(launch.printedFile);
  } catch (error) {
    throw failed(launch, `what it prints can’t be kept: ${(error as Error).message}.`);
  }
}

/** @throws RepliqueError KERNEL_FAILED; HttpError 409 where its directory is gone, which a client may have removed */
function commandOf(launch: Launch, connectionFile: string): [string, ...string[]] {
  const { directory, spec } = launch.kernelspec;
  const [command = '', ...args] = spec.argv.map((part) =>
    part.replaceAll('{connection_file}', connectionFile).replaceAll('{resource_dir}', directory),
  );
  const program = locateProgram(command, directory);
  if (program === undefined || !existsSync(program)) throw failed(launch, `${command} is not there.`);
  if (!existsSync(join(launch.cwd, '.'))) {
    const problem = `The kernel ${launch.kernelspec.name} could not be started: its directory ${launch.cwd} is gone.`;
    throw new HttpError(409, `${problem} Make it again, or start the kernel in another.`);
  }
  return [program, ...args];
}

const failed = ({ kernelspec }: Launch, problem: string): Error =>
  repliqueError('KERNEL_FAILED', { kernel: kernelspec.name, problem });

/** By which a kernel knows whose end is its own, too. */
const parentVariable = 'JPY_PARENT_PID';

/** The kernel's own: without what opens this server, and with what its kernelspec says, in which `${NAME}` is replaced. */
function environmentOf({ kernelId, kernelspec, env, outlives }: Launch): NodeJS.ProcessEnv {
  const left = [...secretVariables, parentVariable];
  const shared = Object.entries(process.env).filter(([name]) => !left.includes(name));
  const own: NodeJS.ProcessEnv = { ...Object.fromEntries(shared), ...env };
  const stated = Object.entries(kernelspec.spec.env).map(([name, value]) => [
    name,
    value.replace(/\$\{(\w+)\}|\$(\w+)/g, (text, braced?: string, bare?: string) => {
      return own[braced ?? bare ?? ''] ?? text;
    }),
  ]);
  return {
    ...own,
    ...(Object.fromEntries(stated) as Record<string, string>),
    ...(outlives ? {} : { [parentVariable]: String(process.pid) }),
    [kernelIdVariable]: kernelId,
  };
}
