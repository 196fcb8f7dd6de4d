import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repliqueError } from '../errors.ts';
import type { LaunchOptions, SandboxProcess } from './contract.ts';
import { LaunchedProcess } from './launcher-process.ts';
import { resourceLimits } from './limits.ts';

/**
 * Starts a worker without any isolation: the same first process, channels and protocol as in the sandbox, in a process
 * group of its own. It reads and writes what its user can; of the limits, those of single processes hold.
 * @throws RepliqueError WORKER_FAILED if it does not start
 */
export async function launchUnprotected(options: LaunchOptions): Promise<SandboxProcess> {
  const init = fileURLToPath(new URL('./worker/init.py', import.meta.url));
  const { python, workspace, workerFiles, entry, channels } = options;
  const limits = resourceLimits(options.limits, { ...options, shared: true });
  const script = [init, 'none', String(channels), limits, workerFiles, entry, ...(options.arguments ?? [])];
  const child = spawn(python.executable, ['-I', '-B', ...script], {
    cwd: workspace,
    env: unprotectedEnvironment(python.executable),
    stdio: ['ignore', ...Array<'pipe'>(3 + channels).fill('pipe')],
    detached: true,
  });
  // Closing the control channel has init.py kill its descendants, also those that have left the group.
  const launched = new LaunchedProcess(child, channels, () => undefined);
  try {
    await launched.ready;
    return launched;
  } catch (error) {
    launched.kill();
    const problem = launched.stderrTail() || (error instanceof Error ? error.message : 'it ended.');
    throw repliqueError('WORKER_FAILED', { problem }, { cause: error });
  }
}

/** No key of the kernel's environment goes to helper code. */
function unprotectedEnvironment(python: string): Record<string, string> {
  const kept = ['HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ'];
  const entries = kept.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const path = `${dirname(python)}:${process.env['PATH'] ?? '/usr/bin:/bin'}`;
  return { ...Object.fromEntries(entries), PATH: path, PYTHONDONTWRITEBYTECODE: '1' };
}
