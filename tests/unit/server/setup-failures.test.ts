import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureBubblewrap } from '../../../server/cli/setup/bubblewrap.ts';
import { ensureWorkerEnv } from '../../../server/cli/setup/index.ts';
import { runKernelSetup } from '../../../server/cli/setup/kernel-setup.ts';
import { PipProgress } from '../../../server/cli/setup/pip-progress.ts';
import { ensurePythonEnv } from '../../../server/cli/setup/python-env.ts';
import { findPython, requireIPython } from '../../../server/cli/setup/python.ts';
import { readSettings } from '../../../server/cli/setup/settings.ts';
import { testPython } from '../../support/python.ts';
import { RecordingSink, environment, temporaryDirectory, writeScript } from './temporary.ts';

/** What a machine may be like on which the set-up can't go on, or nearly not. */

/** A program that answers as a Python of this version at this place. */
const pythonThatSays = (answer: string) =>
  writeScript(temporaryDirectory(), 'python3', `cat <<'END'\n${answer}\nEND`);

describe('a Python that is named', () => {
  it.each([
    ['["/usr/bin/env", [3, 9, 1]]', 'is Python 3.9.1.'],
    ['["/usr/bin/env", [2, 12, 1]]', 'is Python 2.12.1.'],
    ['["relative", [3, 12, 1]]', 'does not run.'],
    ['hello', 'does not run.'],
  ])('and answers %s is none', async (answer, problem) => {
    await expect(findPython(pythonThatSays(answer))).rejects.toThrow(problem);
  });

  it('is taken where it has IPython', async () => {
    environment({ REPLIQUE_PYTHON: testPython() });
    await ensureWorkerEnv(new RecordingSink());
    const without = pythonThatSays('["/usr/bin/env", [3, 12, 1]]');
    writeScript(
      join(without, '..'),
      'python3',
      `case "$*" in *find_spec*) exit 1;; esac\necho '["/usr/bin/env", [3, 12, 1]]'`,
    );
    await expect(requireIPython(without)).rejects.toMatchObject({ code: 'PYTHON_WITHOUT_IPYTHON' });
  });
});

it('a configuration that can’t be read is named, not taken for none', () => {
  const config = temporaryDirectory();
  environment({ XDG_CONFIG_HOME: config });
  mkdirSync(join(config, 'replique', 'config.json'), { recursive: true });
  expect(() => readSettings({})).toThrow(/config\.json/);
});

describe('an environment that can’t be made', () => {
  it('is not left behind, and the reason is said with its directory', async () => {
    const top = temporaryDirectory();
    const requirements = join(top, 'requirements.txt');
    writeFileSync(requirements, 'a==1\n');
    writeFileSync(join(top, 'file'), '');
    const env = { directory: join(top, 'file', 'env'), purpose: 'tests', requirements };
    await expect(ensurePythonEnv(env, () => findPython(), new RecordingSink())).rejects.toThrow(
      /ENOTDIR|EEXIST/,
    );
  });
});

it('packages whose size pip tells in a unit that nobody knows count as fetched', () => {
  const sink = new RecordingSink();
  const progress = new PipProgress('Packages', 2, sink);
  for (const line of [
    'Collecting a',
    '  Downloading a.whl (3 GB)',
    'Ignoring b',
    '  Using cached c.whl (5.5 kB)',
    '  Downloading d.whl (2 MiB)',
  ])
    progress.read(line);
  progress.finish();
  expect(sink.states.at(-1)).toMatchObject({ done: 2, total: 2, bytes: 3e9 + 5500 });
});

it('what apt says of its work is told, and nothing else', async () => {
  const path = temporaryDirectory();
  const sink = new RecordingSink();
  await ensureBubblewrap(sink, {
    ...{ path, directories: [], uid: 0, osRelease: 'ID=debian' },
    run: (_command, _args, options) => {
      for (const line of ['Get:1 http://x', 'Reading lists', 'Setting up bubblewrap'])
        options?.onLine?.(line);
      writeScript(path, 'bwrap', '');
      return Promise.resolve({ status: 0, stdout: '', stderr: '' });
    },
  });
  expect(sink.steps.slice(1)).toEqual(['  Get:1 http://x', '  Setting up bubblewrap']);
});

it('a set-up that is killed, or says what is too long, has failed', async () => {
  const file = join(temporaryDirectory(), 'kernel.mjs');
  const step = `console.log(JSON.stringify({ type: 'step', text: 'x'.repeat(1_000_000) }));`;
  writeFileSync(file, `${step} process.stdout.write('\\n', () => process.kill(process.pid, 'SIGKILL'));`);
  const sink = new RecordingSink();
  const options = { sink, ask: () => Promise.resolve(true), program: file };
  await expect(runKernelSetup(options)).rejects.toThrow('its set-up ended with status 128.');
  expect(sink.steps).toEqual([]);
});
