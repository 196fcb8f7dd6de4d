import type { RunResult } from '../run/notebook.ts';

/** Exit status of `run`, `replay` and `verify`: docs/cli.md. */
const exitStatus = { ok: 0, failed: 1, diverged: 2, stopped: 130 } as const;

/** Of what was stopped before its first notebook. */
export const stoppedStatus = exitStatus.stopped;

/** The status that several notebooks together end with: what stopped them counts before what failed, and that before a divergence. */
export function statusOf(
  results: readonly Pick<RunResult, 'ok' | 'stopped' | 'cells' | 'problem'>[],
): number {
  if (results.some(({ stopped, ok }) => stopped && !ok)) return exitStatus.stopped;
  const cells = results.flatMap((result) => result.cells);
  const hasDiverged = cells.some(({ status }) => status === 'diverged');
  const hasFailed = results.some(
    ({ problem, cells }) =>
      problem || cells.some(({ status }) => status === 'failed' || status === 'not-run'),
  );
  if (hasFailed) return exitStatus.failed;
  return hasDiverged ? exitStatus.diverged : exitStatus.ok;
}
