import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../server/cli/program.ts';
import { testPython } from '../support/python.ts';

/** Packs the package, installs the file into a prefix of its own, and uses it from another directory. */

const MINUTES = 60_000;

let directory: string;
let elsewhere: string;
const prefix = () => join(directory, 'prefix');

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  return execFileSync(command, args, {
    cwd: elsewhere,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 5 * MINUTES,
  });
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'replique-pack-'));
  elsewhere = join(directory, 'else where');
  mkdirSync(elsewhere);
  const npm = ['--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['pack', '--silent', '--pack-destination', directory, packageRoot]);
  const file = readdirSync(directory).find((name) => name.endsWith('.tgz')) ?? '';
  run('npm', ['install', '-g', ...npm, '--prefix', prefix(), join(directory, file)]);
}, 10 * MINUTES);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('installed from a packed file', () => {
  it(
    'makes its kernel known to Jupyter, which runs a cell in it',
    () => {
      const replique = join(prefix(), 'bin', 'replique');
      const said = run(replique, [
        'install',
        '--prefix',
        join(directory, 'jupyter'),
        '--env',
        'REPLIQUE_PROVIDER',
        'mock',
      ]);
      expect(said).toContain(join('kernels', 'replique'));

      const script = join(directory, 'client.py');
      writeFileSync(
        script,
        `
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import start_new_kernel

spec = KernelSpecManager().get_kernel_spec("replique")
print(spec.language, spec.interrupt_mode, spec.argv[-3])
manager, client = start_new_kernel(kernel_name="replique", startup_timeout=120)
try:
    reply = client.execute_interactive("%%python\\nprint('sum', 40 + 2)", timeout=120)
    print(reply["content"]["status"])
finally:
    client.stop_channels()
    manager.shutdown_kernel()
`,
      );
      const seen = run(testPython(), [script], {
        JUPYTER_PATH: join(directory, 'jupyter', 'share', 'jupyter'),
      });
      expect(seen).toContain(`replique message ${prefix()}`);
      expect(seen).toContain('sum 42');
      expect(seen.trim().endsWith('ok')).toBe(true);
    },
    10 * MINUTES,
  );

  it('holds what it needs and nothing else', () => {
    const installed = join(prefix(), 'lib', 'node_modules', 'replique');
    const allowed =
      /^(CHANGELOG\.md|LICENSE|README\.md|SECURITY\.md|dist|kernelspec|node_modules|package\.json|server)$/;
    expect(readdirSync(installed).filter((name) => !allowed.test(name))).toEqual([]);
    expect(readdirSync(join(installed, 'server'), { recursive: true })).toEqual(['cli', 'cli/replique.mjs']);
    expect(readdirSync(join(installed, 'dist'))).not.toContain('dev');
  });
});
