import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { locatePython } from '../../../kernel/sandbox/python.ts';
import { plainConfig } from '../../support/sandboxes.ts';

/** Kernels start often, and a Python seldom changes: it is asked again only where it may have. */

let top: string;
let python: string;
let ipython: string;

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-python-')));
  vi.stubEnv('XDG_DATA_HOME', join(top, 'data'));
  python = join(top, 'env', 'bin', 'python');
  ipython = join(top, 'env', 'lib', 'IPython', '__init__.py');
  for (const file of [python, ipython]) mkdirSync(dirname(file), { recursive: true });
  writeFileSync(ipython, '');
  pretend('3.12.1');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(top, { recursive: true });
});

/** An interpreter of that version, which counts how often it is asked. */
function pretend(version: string): void {
  const answer = {
    executable: python,
    version: version.split('.').map(Number),
    prefixes: [join(top, 'env')],
    libraries: [],
    ipython,
  };
  writeFileSync(python, `#!/bin/sh\necho x >> '${top}/calls'\ncat <<'END'\n${JSON.stringify(answer)}\nEND\n`);
  chmodSync(python, 0o755);
}
const calls = (): number => readFileSync(join(top, 'calls'), 'utf8').length / 2;
/** As a kernel that starts. */
const locate = (): ReturnType<typeof locatePython> => locatePython({ ...plainConfig(), python });
const kept = (): string => {
  const directory = join(top, 'data', 'replique', 'python', 'known');
  return join(directory, readdirSync(directory)[0] ?? '');
};

describe('what a Python said of itself', () => {
  it('is known to the next kernel', async () => {
    const first = await locate();
    expect(await locate()).toEqual(first);
    expect(calls()).toBe(1);
  });

  it('is asked again when the interpreter, its environment or IPython has changed', async () => {
    await locate();
    pretend('3.13.0');
    expect(await locate()).toMatchObject({ version: '3.13.0' });
    writeFileSync(join(top, 'env', 'pyvenv.cfg'), 'home = /usr');
    await locate();
    appendFileSync(ipython, '# newer');
    await locate();
    expect(calls()).toBe(4);
    rmSync(ipython);
    await locate();
    await locate();
    expect(calls()).toBe(6);
  });

  it.each([
    ['no JSON', '{'],
    ['no answer', JSON.stringify({ stamp: 'x', answer: { executable: 'relative' } })],
    ['an answer of another interpreter', JSON.stringify({ stamp: 'x', answer: {} })],
  ])('is asked again where what was kept is %s', async (_, text) => {
    await locate();
    writeFileSync(kept(), text);
    expect(await locate()).toMatchObject({ version: '3.12.1' });
    expect(calls()).toBe(2);
  });

  it('is asked each time where nothing can be kept', async () => {
    writeFileSync(join(top, 'data'), 'no directory');
    await locate();
    await locate();
    expect(calls()).toBe(2);
  });
});
