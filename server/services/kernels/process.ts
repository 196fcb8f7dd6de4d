import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repliqueError } from '../../../kernel/errors.ts';
import { locateProgram } from '../../../kernel/kernelspecs.ts';
import { secretVariables } from '../../config.ts';
import type { Kernelspec } from '../kernelspecs/manager.ts';
import { endTree, kernelIdVariable, signal } from './process-tree.ts';

/** What a kernel is started with. */
export interface Launch {
  readonly kernelId: string;
  readonly kernelspec: Kernelspec;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The process of a kernel. */
export interface KernelProcess {
  /** Settles when it has ended, with how. Never rejects. */
  readonly exited: Promise<string>;
  /** Sends a signal to it and what it has started. */
  signal(name: NodeJS.Signals): void;
  /** Kills it and all that it has left behind. */
  end(): Promise<void>;
  /** The end of what it has printed outside of cells. */
  printed(): string;
}

/** Characters of what a kernel printed that are kept. */
const mostPrinted = 2000;

/**
 * Starts a kernel in a process group of its own.
 * @throws RepliqueError KERNEL_FAILED
 */
export async function startProcess(launch: Launch, connectionFile: string): Promise<KernelProcess> {
  const [program, ...args] = commandOf(launch, connectionFile);
  const child = spawn(program, args, {
    cwd: launch.cwd,
    env: environmentOf(launch),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (printed = (printed + text).slice(-mostPrinted)));
  }
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, name) => resolve(name ?? `exit status ${String(code)}`));
    child.once('error', (error) => resolve(error.message));
  });
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw failed(launch, `${(error as Error).message}.`);
  }
  child.on('error', () => undefined);
  const group = child.pid ?? 0;
  return {
    exited,
    signal: (name) => void signal(-group, name),
    end: () => endTree(group, launch.kernelId),
    printed: () => printed.trim(),
  };
}

/** @throws RepliqueError KERNEL_FAILED */
function commandOf(launch: Launch, connectionFile: string): [string, ...string[]] {
  const { directory, spec } = launch.kernelspec;
  const [command = '', ...args] = spec.argv.map((part) =>
    part.replaceAll('{connection_file}', connectionFile).replaceAll('{resource_dir}', directory),
  );
  const program = locateProgram(command, directory);
  if (program === undefined || !existsSync(program)) throw failed(launch, `${command} is not there.`);
  if (!existsSync(join(launch.cwd, '.'))) throw failed(launch, `its directory ${launch.cwd} is gone.`);
  return [program, ...args];
}

const failed = ({ kernelspec }: Launch, problem: string): Error =>
  repliqueError('KERNEL_FAILED', { kernel: kernelspec.name, problem });

/** The kernel's own: without what opens this server, and with what its kernelspec says, in which `${NAME}` is replaced. */
function environmentOf({ kernelId, kernelspec, env }: Launch): NodeJS.ProcessEnv {
  const shared = Object.entries(process.env).filter(([name]) => !secretVariables.includes(name));
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
    JPY_PARENT_PID: String(process.pid),
    [kernelIdVariable]: kernelId,
  };
}
