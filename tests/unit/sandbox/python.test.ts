import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Config } from '../../../kernel/config.ts';
import { inspectPython, locatePython } from '../../../kernel/sandbox/python.ts';
import { anyPython, plainConfig } from '../../support/sandboxes.ts';

let top: string;

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-python-')));
});

afterEach(() => rmSync(top, { recursive: true }));

/** A program that answers what the test wants. */
function pretend(answer: unknown, name = 'python'): string {
  const path = join(top, name);
  writeFileSync(path, `#!/bin/sh\necho x >> '${top}/calls'\ncat <<'END'\n${JSON.stringify(answer)}\nEND\n`);
  chmodSync(path, 0o755);
  return path;
}

const answer = (changes: object = {}): object => ({
  executable: join(top, 'env', 'bin', 'python'),
  version: [3, 12, 1],
  prefixes: [join(top, 'env'), '/usr'],
  libraries: ['/usr/lib/libc.so.6'],
  ipython: join(top, 'env', 'lib', 'IPython', '__init__.py'),
  ...changes,
});

const withPython = (python: string): Config => ({ ...plainConfig(), python });

describe('locatePython', () => {
  beforeEach(() => {
    for (const name of ['env', 'base/bin', 'base/lib']) mkdirSync(join(top, name), { recursive: true });
  });

  it('says what makes the environment of helpers where it is not there yet', async () => {
    vi.stubEnv('XDG_DATA_HOME', top);
    const missing = {
      code: 'PYTHON_ENV_MISSING',
      remedy: expect.stringContaining('npx replique setup') as string,
    };
    try {
      await expect(locatePython(plainConfig())).rejects.toMatchObject(missing);
      const environment = join(top, 'replique', 'python', 'worker');
      mkdirSync(join(environment, 'bin'), { recursive: true });
      symlinkSync(pretend(answer()), join(environment, 'bin', 'python'));
      await expect(locatePython(plainConfig())).rejects.toMatchObject(missing); // its making was interrupted
      writeFileSync(join(environment, '.replique-stamp'), '');
      expect(await locatePython(plainConfig())).toMatchObject({ version: '3.12.1' });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('names the executable, its version and the directories outside /usr', async () => {
    expect(await locatePython(withPython(pretend(answer())))).toEqual({
      executable: join(top, 'env', 'bin', 'python'),
      directories: [join(top, 'env')],
      version: '3.12.1',
    });
  });

  it('adds where its libraries, its IPython and the steps of its links lie', async () => {
    mkdirSync(join(top, 'env', 'bin'));
    mkdirSync(join(top, 'shared'));
    symlinkSync(join(top, 'base', 'bin', 'python3'), join(top, 'env', 'bin', 'python'));
    const found = await locatePython(
      withPython(
        pretend(
          answer({
            libraries: [join(top, 'base', 'lib', 'libpython.so')],
            ipython: join(top, 'shared', 'IPython.py'),
          }),
        ),
      ),
    );
    expect(found.directories).toEqual(
      ['env', 'base/bin', 'base/lib', 'shared'].map((name) => join(top, name)),
    );
  });

  it('asks once per configuration, and again after a failure', async () => {
    const config = withPython(pretend(answer()));
    expect(await locatePython(config)).toBe(await locatePython(config));
    const other = withPython(join(top, 'later'));
    await expect(locatePython(other)).rejects.toThrow();
    pretend(answer(), 'later');
    expect((await locatePython(other)).version).toBe('3.12.1');
  });

  it('says that IPython is missing, with the command that installs it', async () => {
    const path = pretend(answer({ ipython: null }));
    await expect(locatePython(withPython(path))).rejects.toMatchObject({
      code: 'PYTHON_WITHOUT_IPYTHON',
      remedy: expect.stringContaining('-m pip install ipython') as string,
    });
    expect((await inspectPython(path)).version).toBe('3.12.1');
  });

  it.each([[[3, 9, 18]], [[2, 7, 18]]])('refuses version %j', async (version) => {
    await expect(locatePython(withPython(pretend(answer({ version }))))).rejects.toThrow(
      /3.10 is the oldest/,
    );
  });

  it('accepts the oldest version, and a later major one', async () => {
    for (const version of [
      [3, 10, 0],
      [4, 0, 0],
    ]) {
      expect((await locatePython(withPython(pretend(answer({ version }))))).version).toBe(version.join('.'));
    }
  });

  it.each([homedir(), '/', '/tmp'])('never binds %s', async (prefix) => {
    await expect(locatePython(withPython(pretend(answer({ prefixes: [prefix] }))))).rejects.toThrow(
      /can't be shown to a sandbox/,
    );
  });

  it('says what is wrong with a program that is no Python', async () => {
    const failing = join(top, 'failing');
    writeFileSync(failing, '#!/bin/sh\necho first >&2\necho "no such thing" >&2\nexit 3\n', { mode: 0o755 });
    writeFileSync(join(top, 'plain'), '');
    const cases: readonly [string, RegExp][] = [
      [join(top, 'absent'), /does not exist/],
      [join(top, 'plain'), /may not be executed/],
      [failing, /no such thing/],
      ['/bin/true', /did not answer/],
      [pretend({ ...answer(), executable: 'relative' }), /did not answer/],
    ];
    for (const [path, problem] of cases) {
      await expect(locatePython(withPython(path))).rejects.toMatchObject({ code: 'PYTHON_MISSING' });
      await expect(locatePython(withPython(path))).rejects.toThrow(problem);
    }
  });
});

describe('a real Python', () => {
  it('is described so that it can be found again', async () => {
    const python = await anyPython();
    expect(python.version).toMatch(/^3\.\d+\.\d+$/);
    expect(await inspectPython(python.executable)).toEqual(python);
  });
});
