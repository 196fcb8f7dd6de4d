import { join } from 'node:path';
import { runProgram } from './run-program.mjs';
import { say } from './say.mjs';

const checks = [
  ['format', 'prettier', '--check', '--log-level=warn', '.'],
  ['types', 'tsc', '-p', '.'],
  ['lint', 'eslint', '.'],
  ['dead exports', 'knip'],
];

/** Runs every check, reports each, and settles with 1 if one failed. */
export async function runChecks(root) {
  const failed = [];
  for (const [name, program, ...args] of checks) {
    const status = await runProgram(join(root, 'node_modules', '.bin', program), args, { cwd: root });
    say(`${status === 0 ? '✓' : '✗'} ${name}`);
    if (status !== 0) failed.push(name);
  }
  say(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.join(', ')}.`);
  return failed.length === 0 ? 0 : 1;
}
