import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionInfo } from '../../../kernel/protocol/connection-file.ts';
import { makeSocketsDir } from './directory.ts';

export interface KernelOptions {
  /** Program and arguments; the path of the connection file follows. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A kernel that runs as a child of this process. */
export interface KernelProcess {
  readonly connection: ConnectionInfo;
  /** Settles when it is gone, with a sentence that says how it ended. Never rejects. */
  readonly exited: Promise<string>;
  /** Ends it, gently first, and removes its connection file and sockets. */
  stop(): Promise<void>;
}

/** How long a kernel that was asked to shut down may take; then it is killed. */
const STOP_MS = 5000;

/** Characters of what the kernel logs that an error message may quote. */
const TAIL = 2000;

/**
 * Starts a kernel on sockets and a connection file in a fresh directory that only its owner can enter.
 * @throws RepliqueError NOT_WRITABLE where that can't be made
 */
export async function startKernel(options: KernelOptions): Promise<KernelProcess> {
  const directory = await makeSocketsDir();
  const file = join(directory, 'kernel.json');
  const connection = makeConnection(directory);
  await writeFile(file, JSON.stringify(connection), { mode: 0o600 });
  const [program, ...args] = options.command;
  const child = spawn(program, [...args, file], {
    cwd: options.cwd,
    env: { ...options.env, JPY_PARENT_PID: String(process.pid) },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // Ctrl-C at the terminal is ours to pass on
  });
  let tail = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (tail = (tail + text).slice(-TAIL)));
  const exited = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => {
      const how = signal === null ? `exit status ${String(code)}` : signal;
      resolve(tail.trim() === '' ? how : `${how}; it said: ${tail.trim()}`);
    });
  });
  const stop = async () => {
    const limit = new AbortController();
    const late = sleep(STOP_MS, 'late', { signal: limit.signal }).catch(() => 'gone');
    if ((await Promise.race([exited, late])) === 'late') child.kill('SIGKILL');
    limit.abort();
    await exited;
    await rm(directory, { recursive: true, force: true });
  };
  return { connection, exited, stop };
}

function makeConnection(directory: string): ConnectionInfo {
  return {
    transport: 'ipc',
    ip: join(directory, 's'),
    shell_port: 1,
    control_port: 2,
    stdin_port: 3,
    iopub_port: 4,
    hb_port: 5,
    key: randomBytes(32).toString('hex'),
    signature_scheme: 'hmac-sha256',
  };
}
