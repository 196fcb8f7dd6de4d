import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { pythonEnvironment } from '../../../kernel/environment/packages.ts';
import { PythonGround } from '../../support/environments.ts';

/** A real Python says what is installed for it. */

let top: string;
let ground: PythonGround;
beforeAll(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-packages-')));
  ground = new PythonGround(join(top, 'python'));
  vi.stubEnv('XDG_DATA_HOME', join(top, 'data'));
}, 60_000);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(top, { recursive: true });
});

describe('the packages of a Python', () => {
  it('are known anew when one came, went or changed', async () => {
    const { python } = ground;
    expect((await pythonEnvironment(python)).packages).not.toHaveProperty('sales-tools');
    ground.install('Sales_Tools', '1.0');
    expect((await pythonEnvironment(python)).packages).toMatchObject({ 'sales-tools': '1.0' });
    ground.upgrade('Sales_Tools', '1.0', '2.0rc1');
    expect((await pythonEnvironment(python)).packages).toMatchObject({ 'sales-tools': '2.0rc1' });
    ground.remove('Sales_Tools', '2.0rc1');
    expect((await pythonEnvironment(python)).packages).not.toHaveProperty('sales-tools');
  });

  it('are counted where they have no name that may be written, and pip is none of them', async () => {
    ground.install('pip', '99.0');
    ground.install('it\u202e', '1.0');
    const { packages, leftOut } = await pythonEnvironment(ground.python);
    expect(leftOut).toBe(1);
    expect(packages).not.toHaveProperty('pip');
    ground.remove('it\u202e', '1.0');
    expect(await pythonEnvironment(ground.python)).not.toHaveProperty('leftOut');
  });
});

describe('an interpreter', () => {
  /** One that answers so, and counts how often it is asked. */
  function pretend(name: string, answer: object | string): string {
    const python = join(top, name, 'bin', 'python');
    mkdirSync(join(top, name, 'bin'), { recursive: true });
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
    writeFileSync(python, `#!/bin/sh\necho x >> '${top}/${name}/calls'\ncat <<'END'\n${text}\nEND\n`);
    chmodSync(python, 0o755);
    return python;
  }
  const answer = (packages: Readonly<Record<string, string>>) => ({
    ...{ version: '3.12.1', implementation: 'CPython', packages, elsewhere: [], more: 0 },
    directories: [join(top, 'python')],
  });

  it('is asked once as long as nothing changed', async () => {
    const python = pretend('asked', answer({ NumPy: '2.0' }));
    const first = await pythonEnvironment(python);
    expect(await pythonEnvironment(python)).toEqual(first);
    expect(first.packages).toEqual({ numpy: '2.0' });
    expect(readFileSync(join(top, 'asked', 'calls'), 'utf8')).toBe('x\n');
  });

  it('is not believed without bound: the first packages count, of the others their number', async () => {
    const many = Object.fromEntries(Array.from({ length: 4000 }, (_, n) => [`p${n}`, '1.0']));
    const found = await pythonEnvironment(pretend('many', answer(many)));
    expect(Object.keys(found.packages)).toHaveLength(1500);
    expect(found.leftOut).toBe(2500);
    const long = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`${'p'.repeat(90)}${n}`, '1.0']));
    const { packages } = await pythonEnvironment(pretend('long', answer(long)));
    expect(JSON.stringify(packages).length).toBeLessThan(50_000);
  });

  it.each([
    ['no JSON', 'Segmentation fault'],
    ['something else', '{"version": "3"}'],
  ])('that answers %s can’t be asked', async (_, text) => {
    await expect(pythonEnvironment(pretend('odd', text))).rejects.toThrow();
  });
});
