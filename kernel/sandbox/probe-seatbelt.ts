import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RepliqueError } from '../errors.ts';
import type { Limits, ProbeLine, PythonInstallation } from './contract.ts';
import { launchInSeatbelt } from './launcher-seatbelt.ts';

const weaker: ProbeLine = {
  name: 'isolation',
  ok: true,
  detail:
    'sandbox-exec of macOS: WEAKER than on Linux. Files and network are closed; other processes can be seen, memory is limited for each process only, and a process that leaves its group outlives the session',
  remedy: 'For hostile code, run Replique in a Linux virtual machine.',
};

/** The sandbox's part of the system check on macOS: one is started. Never throws for what it finds. */
export async function probeSeatbelt(
  python: PythonInstallation,
  limits: Limits,
  sandboxExec?: string,
): Promise<readonly ProbeLine[]> {
  const workspace = realpathSync(mkdtempSync(join(tmpdir(), 'replique-probe-')));
  try {
    const workerFiles = fileURLToPath(new URL('./worker', import.meta.url));
    const options = { python, workspace, workerFiles, entry: 'probe.py', limits, channels: 1 };
    const launched = await launchInSeatbelt(options, sandboxExec);
    launched.kill();
    await launched.exited;
    return [{ name: 'start', ok: true, detail: 'sandbox-exec has started Python' }, weaker];
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const remedy = error instanceof RepliqueError ? error.remedy : undefined;
    return [{ name: 'start', ok: false, detail, ...(remedy !== undefined && { remedy }) }];
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}
