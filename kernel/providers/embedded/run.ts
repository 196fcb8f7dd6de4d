import { spawn } from 'node:child_process';

interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

interface RunResult {
  /** Exit status; -1 if the program could not be started or was killed. */
  readonly status: number;
  /** The last lines of both outputs, addresses stripped of credentials. */
  readonly tail: string;
}

/** Runs a program to its end and keeps the end of what it said. Aborted: it is killed with its children. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  options.signal.throwIfAborted();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let tail = '';
  const keep = (chunk: Buffer): void => {
    tail = (tail + chunk.toString('utf8')).slice(-4096);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  };
  options.signal.addEventListener('abort', kill);
  try {
    const status = await new Promise<number>((resolve) => {
      child.on('error', (error) => {
        keep(Buffer.from(error.message));
        resolve(-1);
      });
      child.on('close', (code) => {
        resolve(code ?? -1);
      });
    });
    options.signal.throwIfAborted();
    return { status, tail: tail.replace(/\/\/[^/\s@]*@/g, '//***@').trim() };
  } finally {
    options.signal.removeEventListener('abort', kill);
  }
}
