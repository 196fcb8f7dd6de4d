import { ensureDependencies } from './dependencies.mjs';
import { isBuilt } from './freshness.mjs';
import { fail, say } from './say.mjs';

const oldest = [20, 19];

/** Ends the program, with the remedy, where it can't run: an old Node, or a working directory that is gone. */
export function ensureRunnable() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    fail(
      `Replique needs Node ${oldest.join('.')} or newer; this is ${process.versions.node}.`,
      'Install it from https://nodejs.org',
    );
  }
  try {
    process.cwd();
  } catch {
    fail('The directory that you are in is no longer there.', 'Change to another one: cd ~');
  }
}

/** Installs the dependencies of a checkout and builds it, if that is not done. */
export async function ensureBuilt(root) {
  await ensureDependencies(root).catch((error) => fail(`npm could not be started: ${error.message}`));
  if (isBuilt(root)) return;
  say('Building …');
  const { buildAll } = await import('../build.mjs');
  await buildAll(root).catch(() => fail('The build failed: see above.'));
}
