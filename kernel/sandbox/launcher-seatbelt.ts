import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { explainFailure, unavailable } from './bubblewrap-remedies.ts';
import type { LaunchOptions, SandboxProcess } from './contract.ts';
import { LaunchedProcess } from './launcher-process.ts';
import { resourceLimits } from './limits.ts';
import { seatbeltArguments } from './seatbelt-profile.ts';

/**
 * Starts a worker under macOS's sandbox-exec. Weaker than bubblewrap: no namespaces, so other processes can be seen,
 * memory is not bounded over all of them, and a process that has left its group outlives its session.
 * @throws RepliqueError SANDBOX_UNAVAILABLE
 */
export async function launchInSeatbelt(
  options: LaunchOptions,
  sandboxExec = '/usr/bin/sandbox-exec',
): Promise<SandboxProcess> {
  if (!existsSync(sandboxExec)) {
    throw unavailable(
      `${sandboxExec} is not there.`,
      'It comes with macOS; run Replique on Linux if yours has none.',
    );
  }
  const init = fileURLToPath(new URL('./worker/init.py', import.meta.url));
  const { python, workspace, workerFiles, entry, channels } = options;
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'replique-')));
  const readOnly = [...python.directories, ...(options.folders ?? []), workerFiles, dirname(init)];
  const limits = resourceLimits(options.limits, { ...options, shared: true });
  const child = spawn(
    sandboxExec,
    [
      ...seatbeltArguments({ workspace, temporary, readOnly: [...new Set(readOnly)] }),
      ...[python.executable, '-I', '-B', init, 'none', String(channels), limits, workerFiles, entry],
      ...(options.arguments ?? []),
    ],
    {
      cwd: workspace,
      env: {
        PATH: `${dirname(python.executable)}:/usr/bin:/bin`,
        HOME: temporary,
        TMPDIR: temporary,
        LANG: 'C.UTF-8',
        PYTHONDONTWRITEBYTECODE: '1',
      },
      stdio: ['ignore', ...Array<'pipe'>(3 + channels).fill('pipe')],
      detached: true,
    },
  );
  const launched = new LaunchedProcess(child, channels, () => {
    for (const leader of [launched.workerPid, child.pid]) if (leader) killGroup(leader);
  });
  void launched.exited.then(() => rmSync(temporary, { recursive: true, force: true }));
  try {
    await launched.ready;
    return launched;
  } catch (error) {
    launched.kill();
    throw explainFailure(launched.stderrTail(), error);
  }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
