import { spawn } from 'node:child_process';
import type { SpawnOptions } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  /** It ends with all that it has started when the signal comes, and when this process is gone, however that ends. */
  readonly tied?: boolean;
  /** Called with each line of stdout, then of stderr as they come. */
  readonly onLine?: (line: string) => void;
}

export interface CommandResult {
  /** 127 when the program could not be started. */
  readonly status: number;
  /** The last part of stdout and of stderr. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Characters of each stream that are kept. */
const KEPT = 64 * 1024;

/** Waits in the program's process group, which is its own, for the end of the pipe that this process holds. */
const tie = 'exec 3<&0; { cat <&3; kill -9 0; } >/dev/null 2>&1 & exec "$0" "$@" 3<&- </dev/null';

/** Runs a program to its end. Never throws for what the program does. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const { tied = false, signal } = options;
    const settings: SpawnOptions = {
      stdio: [tied ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      detached: tied,
      ...(options.env && { env: options.env }),
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      ...(signal && !tied && { signal }),
    };
    const child = tied
      ? spawn('/bin/sh', ['-c', tie, command, ...args], settings)
      : spawn(command, args, settings);
    const untie = () => child.stdin?.destroy();
    if (tied) signal?.addEventListener('abort', untie, { once: true });
    if (tied && signal?.aborted) untie();
    const kept = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      const stream = child[name];
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        kept[name] = `${kept[name]}${line}\n`.slice(-KEPT);
        options.onLine?.(line);
      });
    }
    child.on('error', (error) => resolve({ status: 127, stdout: kept.stdout, stderr: error.message }));
    child.on('close', (code) => {
      signal?.removeEventListener('abort', untie);
      resolve({ status: code ?? 128, ...kept });
    });
  });
}

/** The last lines of what a failed program said, for an error message. */
export function lastLines(result: CommandResult, count = 3): string {
  const text = result.stderr.trim() || result.stdout.trim();
  return text.split('\n').slice(-count).join('\n') || `exit status ${result.status}`;
}
