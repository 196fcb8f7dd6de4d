import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../../server/cli/setup/lock.ts';
import { PipProgress } from '../../../server/cli/setup/pip-progress.ts';
import { findPython, readableByOthers } from '../../../server/cli/setup/python.ts';
import { ensurePythonEnv, pythonOf } from '../../../server/cli/setup/python-env.ts';
import { runCommand } from '../../../server/cli/setup/run-command.ts';
import { RecordingSink, temporaryDirectory, writeScript } from './temporary.ts';

/** A Python that says it has this version, and where it is. */
const saying = (version: string, path = '/usr/bin/env') => `echo '["${path}", [${version}]]'`;

describe('finding Python', () => {
  it('finds the one of this machine', async () => {
    const python = await findPython();
    expect(python.version).toMatch(/^3\.1\d\./);
    expect(python.executable.startsWith('/')).toBe(true);
  });

  it('passes over ones that are too old, broken, or no Python', async () => {
    const path = temporaryDirectory();
    writeScript(path, 'python3', saying('3, 9, 1'));
    writeScript(path, 'python3.13', 'exit 127');
    writeScript(path, 'python3.12', 'echo hello');
    writeScript(path, 'python3.11', 'echo "[]"');
    writeScript(path, 'python3.10', saying('3, 10, 4'));
    expect(await findPython(undefined, path)).toEqual({
      executable: '/usr/bin/env',
      version: '3.10.4',
      readable: true,
    });
  });

  it('prefers one that every user may read', async () => {
    const path = temporaryDirectory(); // mode 0700
    const hidden = writeScript(path, 'hidden', '');
    writeScript(path, 'python3', saying('3, 12, 0', hidden));
    writeScript(path, 'python3.11', saying('3, 11, 0'));
    expect(await readableByOthers(hidden)).toBe(false);
    expect((await findPython(undefined, path)).version).toBe('3.11.0');
  });

  it('says what is wrong with a named one', async () => {
    const old = writeScript(temporaryDirectory(), 'python', saying('3, 8, 0'));
    await expect(findPython(old)).rejects.toThrow('is Python 3.8.0');
    await expect(findPython('/no/python')).rejects.toMatchObject({ code: 'PYTHON_MISSING' });
  });
});

describe('a Python environment', () => {
  function prepare(requirements: string) {
    const directory = join(temporaryDirectory(), 'env');
    const file = join(directory, '..', 'requirements.txt');
    writeFileSync(file, requirements);
    const sink = new RecordingSink();
    const env = { directory, purpose: 'a test', requirements: file };
    const ensure = () => ensurePythonEnv(env, () => findPython(), sink);
    return { directory, file, sink, ensure };
  }

  it('is made once, anew when the requirements change or it is incomplete, and readable by others', async () => {
    const { directory, file, sink, ensure } = prepare('# nothing\n');
    mkdirSync(directory);
    writeFileSync(join(directory, 'left-over'), '');
    expect(await ensure()).toBe(true);
    expect(existsSync(join(directory, 'left-over'))).toBe(false);
    expect(statSync(directory).mode & 0o777).toBe(0o755);
    expect((await runCommand(pythonOf(directory), ['-c', 'print(1)'])).stdout).toBe('1\n');
    expect(await ensure()).toBe(false);
    expect(sink.steps).toHaveLength(1);
    writeFileSync(file, '# other\n');
    expect(await ensure()).toBe(true);
    expect(readdirSync(join(directory, '..')).sort()).toEqual(['env', 'requirements.txt']);
  }, 120_000);

  it('is made once by two that want it at the same time', async () => {
    const { ensure } = prepare('# nothing\n');
    expect((await Promise.all([ensure(), ensure()])).sort()).toEqual([false, true]);
  }, 120_000);

  it('leaves nothing when a package is not to be had', async () => {
    const { directory, ensure } = prepare('nothing @ file:///no/such/thing-1-py3-none-any.whl\n');
    const made = ensure();
    await expect(made).rejects.toMatchObject({ code: 'PYTHON_ENV_FAILED' });
    await expect(made).rejects.toThrow('/no/such/thing-1-py3-none-any.whl');
    expect(existsSync(directory)).toBe(false);
  }, 120_000);

  it('is made with the outer pip where Python has no ensurepip', async () => {
    const { directory, file, sink } = prepare('# nothing\n');
    const real = await findPython();
    const log = join(directory, '..', 'log');
    const script = `echo "$*" >> ${log}; case "$*" in "-m venv --"*) ;; "-m venv"*) echo "ensurepip is not available" >&2; exit 1;; esac; exec ${real.executable} "$@"`;
    const executable = writeScript(join(directory, '..'), 'python-without', script);
    const env = { directory, purpose: 'a test', requirements: file };
    expect(await ensurePythonEnv(env, () => Promise.resolve({ ...real, executable }), sink)).toBe(true);
    expect(readFileSync(log, 'utf8')).toContain(`--python ${pythonOf(directory)} install`);
  }, 120_000);

  it('says what to install where there is no pip at all', async () => {
    const { directory, file, sink } = prepare('# nothing\n');
    const executable = writeScript(
      join(directory, '..'),
      'python-bare',
      'echo "No module named pip" >&2; exit 1',
    );
    const base = { executable, version: '3.11.0', readable: true };
    const made = ensurePythonEnv(
      { directory, purpose: 'a test', requirements: file },
      () => Promise.resolve(base),
      sink,
    );
    await expect(made).rejects.toThrow('apt-get install -y python3-venv');
  });

  it('names what it can’t write', async () => {
    const { directory, file, sink } = prepare('# nothing\n');
    const env = { directory: join(file, 'env'), purpose: 'a test', requirements: file };
    await expect(ensurePythonEnv(env, () => findPython(), sink)).rejects.toThrow();
    expect(existsSync(directory)).toBe(false);
  });
});

describe('the progress of pip', () => {
  it('counts packages and sizes', () => {
    const sink = new RecordingSink();
    const progress = new PipProgress('Packages', 4, sink);
    for (const line of [
      'Ignoring colorama: markers do not match',
      'Collecting numpy==2.4.6 (from -r r.txt (line 1))',
      '  Downloading numpy-2.4.6-cp311.whl (16.9 MB)',
      'Collecting six',
      '  Using cached six-1.whl (11 kB)',
      'Processing /opt/wheels/a.whl',
      'Installing collected packages: numpy',
    ]) {
      progress.read(line);
    }
    progress.finish();
    expect(sink.states.map(({ done, bytes }) => [done, bytes])).toEqual([
      [1, 0],
      [1, 0],
      [2, 16.9e6],
      [2, 16.9e6],
      [3, 16.911e6],
      [4, 16.911e6],
    ]);
  });
});

describe('a lock', () => {
  it('is waited for, told once, and taken over from a process that is gone', async () => {
    const file = join(temporaryDirectory(), 'deep', 'lock');
    const order: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const first = withLock(file, async () => {
      order.push('first');
      await held;
    });
    await expect.poll(() => existsSync(file)).toBe(true);
    const onWait = () => {
      order.push('waits');
      release();
    };
    const second = withLock(file, () => Promise.resolve(order.push('second')), { onWait });
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'waits', 'second']);
    const gone = await runCommand('/bin/sh', ['-c', 'echo $$']);
    writeFileSync(file, gone.stdout.trim());
    expect(await withLock(file, () => Promise.resolve('mine'))).toBe('mine');
    expect(existsSync(file)).toBe(false);
  });

  it('is waited for no more when the signal comes', async () => {
    const file = join(temporaryDirectory(), 'lock');
    writeFileSync(file, String(process.pid));
    const quit = new AbortController();
    const work = () => Promise.resolve('mine');
    const waiting = withLock(file, work, { onWait: () => quit.abort(), signal: quit.signal });
    await expect(waiting).rejects.toThrow('abort');
    expect(existsSync(file)).toBe(true);
  });

  it('is let go when the work fails', async () => {
    const file = join(temporaryDirectory(), 'lock');
    await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(file)).toBe(false);
  });

  it.skipIf(process.platform !== 'linux')('that can’t be made is said, with the place', async () => {
    const refused = withLock('/proc/self/lock', () => Promise.resolve('worked'));
    await expect(refused).rejects.toMatchObject({ code: 'NOT_WRITABLE' });
    await expect(refused).rejects.toThrow("/proc/self can't be written");
  });
});
