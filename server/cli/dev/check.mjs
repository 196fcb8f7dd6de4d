import { join } from 'node:path';
import { isEnough, measuredCoverage } from './coverage.mjs';
import { runProgram } from './run-program.mjs';
import { say } from './say.mjs';

const checks = [
  ['format', 'prettier', '--check', '--log-level=warn', '.'],
  ['types', 'tsc', '-p', '.'],
  ['types of the extension', 'tsc', '-p', 'extension'],
  ['lint', 'eslint', '.'],
  ['dead exports', 'knip'],
];

/** Of the last full run of the tests if nothing changed since then, else of one that is run now. */
async function checkCoverage(root, measure) {
  if (!measuredCoverage(root)) await measure();
  const measured = measuredCoverage(root);
  const { lines, branches } = measured ?? {};
  const passed = measured !== undefined && isEnough(measured);
  const figures = measured ? `${lines} % of lines, ${branches} % of branches` : 'not measured';
  say(`${passed ? '✓' : '✗'} coverage: ${figures}`);
  return passed;
}

/**
 * Runs every check, reports each, and settles with 1 if one failed.
 * @param measure runs the tests with coverage
 */
export async function runChecks(root, measure) {
  const failed = [];
  for (const [name, program, ...args] of checks) {
    const status = await runProgram(join(root, 'node_modules', '.bin', program), args, { cwd: root });
    say(`${status === 0 ? '✓' : '✗'} ${name}`);
    if (status !== 0) failed.push(name);
  }
  if (!(await checkCoverage(root, measure))) failed.push('coverage');
  say(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.join(', ')}.`);
  return failed.length === 0 ? 0 : 1;
}
