import { join } from 'node:path';
import { noteCoverage } from './coverage.mjs';
import { testedHash } from './freshness.mjs';
import { runProgram } from './run-program.mjs';

/**
 * Sets up what the tests need, then runs them. Without arguments every suite, with coverage; arguments are vitest's.
 * `REPLIQUE_TEST_MODEL=0` leaves the model out.
 */
export async function runTests(root, args) {
  const prepared = await runProgram(process.execPath, [join(root, 'dist', 'dev', 'prepare.js')], {
    cwd: root,
  });
  if (prepared !== 0) return prepared;
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  if (args.length > 0) return runProgram(process.execPath, [vitest, 'run', ...args], { cwd: root });
  const hash = testedHash(root);
  const status = await runProgram(process.execPath, [vitest, 'run', '--coverage'], { cwd: root });
  noteCoverage(root, hash);
  return status;
}
