import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LaunchOptions, SandboxProcess } from '../../kernel/sandbox/contract.ts';
import { LaunchedProcess } from '../../kernel/sandbox/launcher-process.ts';

/**
 * Runs a worker as root with every capability, without filter and limits, in a throw-away sandbox that only keeps the
 * machine whole: processes, mounts, host name and System V objects of its own, the disk read-only but for `kept`.
 * In it an attack must succeed, or the corpus would show nothing.
 */
export async function launchInOuterSandbox(options: LaunchOptions, kept: string): Promise<SandboxProcess> {
  const init = fileURLToPath(new URL('../../kernel/sandbox/worker/init.py', import.meta.url));
  const asRoot = process.getuid?.() === 0 ? [] : ['--unshare-user', '--uid', '0', '--gid', '0'];
  const { python, workspace, workerFiles, entry, channels } = options;
  const child = spawn(
    'bwrap',
    [
      ...asRoot,
      ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--die-with-parent', '--cap-add', 'ALL'],
      ...[
        '--ro-bind',
        '/',
        '/',
        '--dev',
        '/dev',
        '--proc',
        '/proc',
        '--tmpfs',
        '/tmp',
        '--tmpfs',
        '/var/tmp',
      ],
      ...['--tmpfs', '/dev/shm', '--ro-bind', dirname(init), dirname(init), '--bind', kept, kept],
      ...['--chdir', workspace, '--', python.executable, '-I', '-B', init, 'none', String(channels), ''],
      ...[workerFiles, entry],
    ],
    {
      env: { PATH: '/usr/bin:/bin', HOME: kept },
      stdio: ['ignore', ...Array<'pipe'>(3 + channels).fill('pipe')],
    },
  );
  const launched = new LaunchedProcess(child, channels, () => child.kill('SIGKILL'));
  await launched.ready;
  return launched;
}
