import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kernelProgram, packageRoot, programFile } from '../../server/cli/program.ts';

/** In a process of their own, because a program that waits for such a file can't be stopped from within. */

let directory: string;
let pipe: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'replique-hostile-'));
  mkdirSync(join(directory, 'replique'));
  pipe = join(directory, 'pipe');
  spawnSync('mkfifo', [pipe, join(directory, 'replique', 'config.json')]);
});
afterEach(() => rmSync(directory, { recursive: true }));

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const all = { ...process.env, REPLIQUE_PROVIDER: 'mock', REPLIQUE_DEBUG: '', ...env };
  const options = { env: all, encoding: 'utf8', timeout: 25_000, killSignal: 'SIGKILL' } as const;
  return spawnSync(process.execPath, [program, ...args], options);
}

describe('a file that is no file', () => {
  it.each(['kernel', 'install'])('as config.json is refused in a sentence by %s', (who) => {
    const [program, args] =
      who === 'kernel'
        ? [kernelProgram(), ['check']]
        : [programFile('replique.js'), ['install', '--prefix', directory]];
    const { status, stderr } = run(program, args, { XDG_CONFIG_HOME: directory });
    expect(status).toBe(1);
    expect(stderr).toMatch(/config\.json can't be used: it is not a regular file\./);
    expect(stderr).toContain('→ Correct');
  });

  it('as the mock script is refused in the system check', () => {
    for (const script of [pipe, '/dev/zero']) {
      const { status, stdout } = run(kernelProgram(), ['check'], { REPLIQUE_MOCK_SCRIPT: script });
      expect(status).toBe(1);
      expect(stdout).toContain(`The mock script ${script} can't be read: it is not a regular file.`);
      expect(stdout).toContain('unset REPLIQUE_MOCK_SCRIPT');
    }
  });

  it('as the connection file is refused in a sentence', () => {
    const { status, stderr } = run(kernelProgram(), ['-f', pipe], {});
    expect(status).toBe(1);
    expect(stderr).toContain(`The connection file ${pipe} can't be used: it is not a regular file.`);
  });
});

describe('a working directory that was deleted', () => {
  it.each([
    ['the command line', programFile('replique.js')],
    ['npm’s scripts', join(packageRoot, 'server', 'cli', 'bootstrap.mjs')],
  ])('is said by %s, with the remedy', (_who, program) => {
    const gone = join(directory, 'gone');
    mkdirSync(gone);
    const script = 'cd "$0" && rmdir "$0" && exec "$@"';
    const args = ['-c', script, gone, process.execPath, program, 'doctor'];
    const { status, stderr } = spawnSync('/bin/sh', args, { encoding: 'utf8', timeout: 25_000 });
    expect(stderr).toBe(
      'The directory that you are in is no longer there.\n  → Change to another one: cd ~\n',
    );
    expect(status).toBe(1);
  });
});
