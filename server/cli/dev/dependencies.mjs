import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './run-program.mjs';
import { fail, say } from './say.mjs';

/** Do the installed packages match the lockfile? npm keeps what it installed in node_modules/.package-lock.json. */
function dependenciesMatch(root) {
  try {
    const read = (...path) => JSON.parse(readFileSync(join(root, ...path), 'utf8')).packages;
    const wanted = read('package-lock.json');
    const installed = read('node_modules', '.package-lock.json');
    return Object.entries(wanted).every(
      ([path, entry]) => path === '' || entry.optional || installed[path]?.version === entry.version,
    );
  } catch {
    return false;
  }
}

/** Installs the npm dependencies, exactly as locked, if they are not there. */
export async function ensureDependencies(root) {
  if (dependenciesMatch(root)) return;
  say('Installing the npm dependencies …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const status = await runProgram(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['inherit', process.stderr, 'inherit'],
  });
  if (status !== 0) fail('npm could not install the dependencies.', 'Run `npm ci` and mend what it reports.');
}
