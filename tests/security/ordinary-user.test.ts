import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { workerEnvDir } from '../../kernel/paths.ts';

/** Nobody's number on a Debian system. */
const user = 29_999;
const shown = ['repository', 'node', 'python'];
const suites = [
  ...['settings', 'limits', 'lifetime', 'attacks', 'corpus', 'corpus-session'].map(
    (name) => `tests/security/${name}.test.ts`,
  ),
  'tests/integration/launcher.test.ts',
  'tests/integration/worker.test.ts',
  'tests/integration/protected.test.ts',
];

/** Shows the repository, Node and the worker's Python where the user may read them, and becomes the user. */
const script = `
set -e
mount --bind "$REPOSITORY" "$TOP/repository"
mount --bind "$NODE" "$TOP/node"
mount --bind "$PYTHON" "$TOP/python"
cd "$TOP/repository"
exec setpriv --reuid ${user} --regid ${user} --clear-groups --inh-caps=-all \\
  env -i REPLIQUE_TEST_SAMPLE="$SAMPLE" REPLIQUE_TEST_SEED="$SEED" \\
  HOME="$TOP/home" PATH="$TOP/node:/usr/bin:/bin" REPLIQUE_TEST_PYTHON="$TOP/python/bin/python" \\
  node node_modules/vitest/vitest.mjs run --configLoader runner ${suites.join(' ')}
`;

/** Of the corpus a part is tried, another one each time; all of it with REPLIQUE_TEST_SAMPLE=all. */
const seed = process.env['REPLIQUE_TEST_SEED'] ?? randomBytes(4).toString('hex');

/** Where these suites are run by an ordinary user anyway, there is nothing to add. */
describe.runIf(process.getuid?.() === 0)('as an ordinary user', () => {
  it('the sandbox holds as it does for root', { timeout: 300_000 }, () => {
    const top = mkdtempSync(join(tmpdir(), 'replique-user-'));
    try {
      chmodSync(top, 0o755);
      for (const name of [...shown, 'home']) mkdirSync(join(top, name));
      chownSync(join(top, 'home'), user, user);
      const { status, stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script], {
        encoding: 'utf8',
        env: {
          ...{ TOP: top, REPOSITORY: resolve('.'), NODE: dirname(process.execPath) },
          ...{ PYTHON: workerEnvDir(), SAMPLE: process.env['REPLIQUE_TEST_SAMPLE'] ?? '60', SEED: seed },
          PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        },
      });
      expect(status, `REPLIQUE_TEST_SEED=${seed} ${`${stdout}\n${stderr}`.slice(-6_000)}`).toBe(0);
      expect(stdout).toMatch(/\d+ passed, 0 failed/);
    } finally {
      rmSync(join(top, 'home'), { recursive: true, force: true });
      // Only if they are empty: what was mounted there is not ours to remove.
      for (const name of shown) rmdirSync(join(top, name));
      rmdirSync(top);
    }
  });
});
