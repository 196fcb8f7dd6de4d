import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environmentSchema, type Environment } from '../../kernel/environment/schema.ts';
import { metadataSchema } from '../../kernel/output/schema.ts';
import { workerEnvDir } from '../../kernel/paths.ts';
import { programFile } from '../../server/cli/program.ts';
import { runCommand } from '../../server/cli/setup/run-command.ts';
import { PythonGround } from '../support/environments.ts';
import { codeCell, saveNotebook } from '../support/saved-session.ts';

/** The real kernel in a Python of its own, in which packages change between recording and running again. */

interface Saved {
  metadata: { replique?: { environment?: unknown; mine?: unknown } };
  cells: { outputs: { metadata?: { replique?: Record<string, unknown> } }[] }[];
}

let top: string;
let ground: PythonGround;
let recorded: string;
let lock: string;
/** Run when its Python was known already: its first prompt has the record. */
let taped: string;

const helper = `I look.\n<helpers lang="python">\nimport sales_tools\nprint(sales_tools.release)\n</helpers>`;
const replies = [{ text: helper }, { text: 'It is the release.' }];

const replique = (args: readonly string[], more: NodeJS.ProcessEnv = {}) =>
  runCommand(process.execPath, [programFile('replique.js'), ...args], {
    env: {
      ...process.env,
      REPLIQUE_PROVIDER: 'mock',
      REPLIQUE_MODEL: 'tiny',
      REPLIQUE_MOCK_SCRIPT: join(top, 'script.json'),
      REPLIQUE_PYTHON: ground.python,
      REPLIQUE_AUDIT_DIR: join(top, 'audit'),
      XDG_CONFIG_HOME: join(top, 'config'),
      PIP_NO_INDEX: '1',
      ...more,
    },
  });

const load = (file: string): Saved => JSON.parse(readFileSync(file, 'utf8')) as Saved;
const environmentOf = (file: string): Environment =>
  environmentSchema.parse(load(file).metadata.replique?.environment);

/** Each output that has a record. */
const recordsIn = (file: string) =>
  load(file)
    .cells.flatMap(({ outputs }) => outputs)
    .flatMap(({ metadata }) => metadataSchema.safeParse(metadata?.replique).data ?? [])
    .flatMap(({ kind, environment }) => (environment ? [{ kind, environment }] : []));

/** The recorded notebook with another record, under another name and without a lock beside it. */
function withRecord(name: string, environment: unknown): string {
  const notebook = load(recorded);
  for (const { outputs } of notebook.cells) {
    for (const { metadata } of outputs) delete metadata?.replique?.['environment'];
  }
  notebook.metadata.replique = { environment };
  const file = join(top, 'work', `${name}.ipynb`);
  writeFileSync(file, JSON.stringify(notebook, null, 1));
  return file;
}

beforeAll(async () => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-environment-')));
  mkdirSync(join(top, 'work'));
  ground = new PythonGround(join(top, 'python'));
  ground.install('sales-tools', '1.0');
  ground.install('Own.Tools', '0.3+local', { url: 'file:///somewhere', dir_info: {} });
  writeFileSync(join(top, 'script.json'), JSON.stringify({ replies }));
  const source = saveNotebook(join(top, 'work'), [codeCell('Which release is it?', null)], 'source.ipynb');
  recorded = join(top, 'work', 'recorded.ipynb');
  taped = join(top, 'work', 'mine.out.ipynb');
  lock = join(top, 'work', 'recorded.lock.txt');
  const { status, stderr } = await replique(['run', source, '--output', recorded]);
  expect(status, stderr).toBe(0);
}, 120_000);
afterAll(() => rmSync(top, { recursive: true, force: true }));

describe('a notebook that was run', () => {
  it('records versions, packages, the model and what changes results, and nothing of the user', () => {
    const { replique: version, python, model, settings, platform } = environmentOf(recorded);
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(platform).toBe(process.platform);
    expect(python.implementation).toBe('CPython');
    expect(python.packages).toMatchObject({ 'sales-tools': '1.0', 'own-tools': '0.3+local' });
    expect(python.packages).toHaveProperty('ipython');
    expect(python.elsewhere).toEqual(['own-tools']);
    expect(model).toEqual({ provider: 'mock', name: 'tiny' });
    expect(settings).toMatchObject({ temperature: 0, maxTurns: 8, profile: 'strict', sandbox: 'bubblewrap' });
    const text = JSON.stringify(load(recorded).metadata);
    for (const own of [top, homedir(), `"${userInfo().username}"`, 'somewhere'])
      expect(text).not.toContain(own);
  });

  it('has it in the last line of its first prompt, too, and keeps what else its metadata has', async () => {
    const file = join(top, 'work', 'mine.ipynb');
    const text = readFileSync(join(top, 'work', 'source.ipynb'), 'utf8');
    const mine = '{"mine": 1.0, "environment": {"version": 7}}';
    writeFileSync(
      file,
      text.replace('"metadata": {},\n "cells"', `"metadata": {"replique": ${mine}},\n "cells"`),
    );
    const output = taped;
    expect(await replique(['run', file])).toMatchObject({ status: 0 });
    expect(environmentOf(output)).toEqual(environmentOf(recorded));
    expect(readFileSync(output, 'utf8')).toContain('"mine": 1.0,');
    expect(recordsIn(output)).toEqual([{ kind: 'cell', environment: environmentOf(output) }]);
  });
});

describe('replique freeze', { timeout: 120_000 }, () => {
  it('writes what pip installs from, and names apart what no index has', async () => {
    const { status, stderr } = await replique(['freeze', recorded]);
    expect(status, stderr).toBe(0);
    expect(stderr).toContain(`The recorded environment is written to ${lock}`);
    expect(stderr).toContain('The lock has no hashes of its packages, versions only.');
    const text = readFileSync(lock, 'utf8');
    expect(text).toMatch(/^sales-tools==1\.0$/m);
    expect(text).toMatch(/^# not from an index: own-tools==0\.3\+local$/m);
    expect(text).toMatch(/^# model: tiny$/m);
    const install = ['--python', ground.python, 'install', '--no-index', '--no-deps', '-r', lock];
    const pip = await runCommand(join(workerEnvDir(), 'bin', 'python'), ['-m', 'pip', ...install]);
    expect(pip.status, pip.stderr).toBe(0);
    expect(pip.stdout).toContain('Requirement already satisfied: sales-tools==1.0');
  });

  it('writes the present environment where the notebook records none', async () => {
    const output = join(top, 'work', 'present.txt');
    const source = join(top, 'work', 'source.ipynb');
    const { status, stderr } = await replique(['freeze', source, '--output', output]);
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('The present environment is written');
    expect(readFileSync(output, 'utf8')).toContain('sales-tools==1.0\n');
  });

  it('replaces no file but a lock', async () => {
    const output = join(top, 'work', 'requirements.txt');
    writeFileSync(output, 'numpy>=1\n');
    const { status, stderr } = await replique(['freeze', recorded, '--output', output]);
    expect(status).toBe(1);
    expect(stderr).toContain('it is another file, which would be lost');
    expect(readFileSync(output, 'utf8')).toBe('numpy>=1\n');
    expect(await replique(['freeze', recorded])).toMatchObject({ status: 0 });
  });
});

describe('--locked', () => {
  it('runs and verifies where the environment is the locked one', async () => {
    const output = join(top, 'work', 'again.ipynb');
    const { status, stderr } = await replique(['run', recorded, '--locked', '--output', output]);
    expect(status, stderr).toBe(0);
    expect(await replique(['verify', recorded, '--locked'])).toMatchObject({ status: 0 });
  });

  it('refuses another model or setting before anything runs, and says how to set it', async () => {
    const output = join(top, 'work', 'refused.ipynb');
    const { status, stderr } = await replique(['run', recorded, '--locked', '--output', output], {
      REPLIQUE_MODEL: 'large',
      REPLIQUE_MAX_TURNS: '3',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('model recorded mock:tiny, here mock:large; maxTurns recorded 8, here 3');
    expect(stderr).toContain('REPLIQUE_PROVIDER=mock REPLIQUE_MODEL=tiny');
    expect(stderr).toContain('REPLIQUE_MAX_TURNS=8');
    expect(existsSync(output)).toBe(false);
  });

  it('refuses where nothing says what the environment was', async () => {
    const { status, stderr } = await replique(['run', join(top, 'work', 'source.ipynb'), '--locked']);
    expect(status).toBe(1);
    expect(stderr).toContain('it records none, and there is no');
    expect(stderr).toContain('npx replique freeze');
  });

  it('refuses a record or a lock that can’t be read, and takes no command from one', async () => {
    const model = { provider: 'mock', name: "x'; rm -rf ~ #\u001b[2J" };
    const hostile = withRecord('hostile', { ...environmentOf(recorded), model });
    const bad = await replique(['run', hostile, '--locked']);
    expect(bad.status).toBe(1);
    expect(bad.stderr).toContain('is not as Replique writes it (at "model.name")');
    const file = hostile.replace('.ipynb', '.lock.txt');
    const text = readFileSync(lock, 'utf8');
    writeFileSync(file, text.replace('# model: tiny', "# model: x'; rm -rf ~ #"));
    const quoted = await replique(['run', hostile, '--locked']);
    expect(quoted.stderr).toContain(String.raw`REPLIQUE_MODEL='x'\''; rm -rf ~ #'`);
    writeFileSync(file, `${text}--index-url http://elsewhere.invalid\n`);
    const index = await replique(['run', hostile, '--locked']);
    expect(index.status).toBe(1);
    expect(index.stderr).toContain('something else than `package==version` (at line');
  });
});

describe('with another release of a package', () => {
  beforeAll(() => ground.upgrade('sales-tools', '1.0', '2.0'));
  afterAll(() => ground.upgrade('sales-tools', '2.0', '1.0'));

  it('a locked notebook is refused, with the way to make its environment', async () => {
    for (const command of ['run', 'verify']) {
      const { status, stderr } = await replique([command, recorded, '--locked']);
      expect(status).toBe(1);
      expect(stderr).toContain('sales-tools recorded 1.0, here 2.0');
      expect(stderr).toMatch(/python3\.\d+ -m venv ENV && ENV\/bin\/pip install -r \S+recorded\.lock\.txt/);
    }
  });

  it('a replay shows what was recorded, not what is here', async () => {
    const output = join(top, 'work', 'replayed.ipynb');
    const { status, stderr } = await replique(['run', taped, '--output', output], {
      REPLIQUE_TAPE: taped,
      REPLIQUE_TAPE_MODE: 'replay',
    });
    expect(status, stderr).toBe(0);
    expect(recordsIn(output)).toEqual(recordsIn(taped));
    expect(environmentOf(output).python.packages).toMatchObject({ 'sales-tools': '1.0' });
  });

  it('verify names it beside the divergence, before it runs and after', async () => {
    const { status, stdout } = await replique(['verify', recorded]);
    expect(status).toBe(2);
    expect(stdout).toMatch(
      /environment is not the recorded one:\n {6}sales-tools recorded 1\.0, here 2\.0\n[^]*≠ In \[1\]/,
    );
    expect(stdout).toContain('the environment may be why: sales-tools recorded 1.0, here 2.0');
  });
});

describe('with one more package', () => {
  beforeAll(() => ground.install('more-tools', '5.0'));
  afterAll(() => ground.remove('more-tools', '5.0'));

  it('verify tells it and does not fail, and a locked notebook runs', async () => {
    const { status, stdout } = await replique(['verify', recorded]);
    expect(status, stdout).toBe(0);
    expect(stdout).toContain('more-tools not recorded, here 5.0');
    expect(stdout).toContain('1 of 1 cell as recorded\n');
    expect(await replique(['verify', recorded, '--locked'])).toMatchObject({ status: 0 });
  });
});

it('a record that can’t be read keeps no notebook from being verified', async () => {
  const { status, stdout } = await replique(['verify', withRecord('newer', { version: 2 })]);
  expect(stdout).toContain('The record of its environment was written by a newer Replique.');
  expect(status).toBe(0);
});
