import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { reportSchema } from '../../server/cli/report/json.ts';
import { replique } from '../support/cli.ts';
import { PythonGround } from '../support/environments.ts';
import { codeCell, saveNotebook } from '../support/saved-session.ts';

/** The commands in this process, on the built kernel and a real pip; the index is a folder of wheels. */

let top: string;
let ground: PythonGround;
/** Of whom makes packages that are not what they seem. */
let other: PythonGround;
let wheels: string;
let recorded: string;
let lock: string;

const helper = `I look.\n<helpers lang="python">\nimport sales_tools\nprint(sales_tools.release)\n</helpers>`;
const shelf = () => join(top, 'data', 'replique', 'python', 'locked');
const made = () => readdirSync(shelf()).filter((name) => /^[0-9a-f]{32}$/.test(name));
const releaseHere = () =>
  execFileSync(ground.python, ['-c', 'import sales_tools; print(sales_tools.release)'], { encoding: 'utf8' });

/** The recorded notebook with a lock beside it in which something is another, and without hashes. */
function lockedTo(name: string, from: string, to: string): string {
  const file = join(top, 'work', `${name}.ipynb`);
  writeFileSync(file, readFileSync(recorded));
  const text = readFileSync(lock, 'utf8').replaceAll(/ --hash=\S+/g, '');
  writeFileSync(file.replace('.ipynb', '.lock.txt'), text.replace(from, to));
  return file;
}

const wheel = () => join(wheels, 'sales_tools-1.0-py3-none-any.whl');
const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

beforeAll(async () => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-locked-')));
  mkdirSync(join(top, 'work'));
  mkdirSync(shelf(), { recursive: true });
  wheels = join(top, 'wheels');
  ground = new PythonGround(join(top, 'python'));
  ground.install('sales-tools', '1.0');
  ground.packWheels(wheels);
  other = new PythonGround(join(top, 'other'));
  const replies = [{ text: helper }, { text: 'It is the release.' }];
  writeFileSync(join(top, 'script.json'), JSON.stringify({ replies }));
  const set = {
    REPLIQUE_PROVIDER: 'mock',
    REPLIQUE_MODEL: 'tiny',
    REPLIQUE_MOCK_SCRIPT: join(top, 'script.json'),
    REPLIQUE_PYTHON: ground.python,
    REPLIQUE_AUDIT_DIR: join(top, 'audit'),
    XDG_CONFIG_HOME: join(top, 'config'),
    XDG_DATA_HOME: join(top, 'data'),
    PIP_NO_INDEX: '1',
    PIP_FIND_LINKS: wheels,
  };
  for (const [name, value] of Object.entries(set)) vi.stubEnv(name, value);
  const source = saveNotebook(join(top, 'work'), [codeCell('Which release is it?', null)], 'source.ipynb');
  recorded = join(top, 'work', 'recorded.ipynb');
  lock = join(top, 'work', 'recorded.lock.txt');
  expect(await replique('run', source, '--output', recorded)).toMatchObject({ status: 0 });
  expect(await replique('freeze', recorded)).toMatchObject({ status: 0 });
  ground.upgrade('sales-tools', '1.0', '2.0');
}, 120_000);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(top, { recursive: true, force: true });
});

describe('a notebook that is locked to another Python environment', () => {
  it('is run in that, which is made beside the user’s own', { timeout: 120_000 }, async () => {
    const output = join(top, 'work', 'again.ipynb');
    const { status, stderr } = await replique('run', recorded, '--locked', '--output', output);
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/recorded\.ipynb is locked to \d+ Python packages, which go into /);
    expect(stderr).toContain('Making the Python environment for recorded.ipynb');
    expect(readFileSync(output, 'utf8')).toContain('"1.0\\n"');
    expect(releaseHere()).toBe('2.0\n');
    expect(made()).toHaveLength(1);
  });

  it('is verified in it, too, and nothing is made twice', async () => {
    const { status, stdout, stderr } = await replique('verify', recorded, '--locked', '--json');
    expect(status, stderr).toBe(0);
    expect(stderr).not.toContain('Making');
    const [report] = reportSchema.parse(JSON.parse(stdout)).notebooks;
    expect(report?.environment?.differences).toEqual([]);
    expect(readdirSync(shelf()).toSorted()).toEqual(made()); // neither locks nor marks of use are left
    expect(await replique('verify', recorded)).toMatchObject({ status: 2 });
  });
});

describe('the hashes of a lock', { timeout: 120_000 }, () => {
  it('are those of the wheels that the index has, for every package', () => {
    const lines = readFileSync(lock, 'utf8').split('\n');
    expect(lines).toContain(`sales-tools==1.0 --hash=sha256:${hashOf(wheel())}`);
    const packages = lines.filter((line) => /^[a-z0-9]/.test(line));
    expect(packages.length).toBeGreaterThan(5);
    for (const line of packages) expect(line).toMatch(/^\S+==\S+ --hash=sha256:[0-9a-f]{64}$/);
  });

  it('are left out, all of them and with a sentence, where one is not known', async () => {
    const output = join(top, 'work', 'without.txt');
    const { status, stderr } = await replique('freeze', recorded, '--output', output);
    expect([status, stderr]).toEqual([0, expect.stringContaining('is written to')]);
    vi.stubEnv('PIP_FIND_LINKS', join(top, 'work'));
    const without = await replique('freeze', recorded, '--output', output);
    vi.stubEnv('PIP_FIND_LINKS', wheels);
    expect(without.status).toBe(0);
    expect(without.stderr).toMatch(
      /The lock has no hashes of its packages, versions only\. .*No matching dist/,
    );
    expect(readFileSync(output, 'utf8')).toMatch(/^sales-tools==1\.0$/m);
  });

  it('keep another file of the same version from being installed', async () => {
    const notebook = join(top, 'work', 'tampered.ipynb');
    writeFileSync(notebook, readFileSync(recorded));
    const hash = hashOf(wheel());
    const text = readFileSync(lock, 'utf8').replace(hash, 'f'.repeat(64));
    writeFileSync(notebook.replace('.ipynb', '.lock.txt'), text);
    const before = made();
    const { status, stderr, stdout } = await replique('run', notebook, '--locked');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('what the index has as sales-tools==1.0 is not the file that it is locked to');
    expect(made()).toEqual(before);
  });
});

describe('is refused before anything runs, and leaves nothing', { timeout: 120_000 }, () => {
  const refused = async (notebook: string, ...args: string[]) => {
    const before = made();
    const { status, stderr, stdout } = await replique('run', notebook, '--locked', ...args);
    expect([status, stdout], stderr).toEqual([1, '']);
    expect(made()).toEqual(before);
    return stderr;
  };

  it.each([
    [
      'a release that the index does not have',
      'sales-tools==1.0',
      'sales-tools==9.9',
      'No matching distribution found for sales-tools==9.9',
    ],
    ['another Python', '# python: 3.', '# python: 3.9.', 'it needs CPython 3.9.'],
    ['another implementation', '# implementation: CPython', '# implementation: PyPy', 'it needs PyPy 3.'],
    [
      'a package from no index',
      'sales-tools==1.0',
      '# not from an index: sales-tools==1.0',
      'sales-tools came from no index',
    ],
    [
      'packages that are not named',
      '# python: ',
      '# left out: 7\n# python: ',
      '7 of its packages are not named',
    ],
  ])('%s', async (_, from, to, said) => {
    const name = to.replaceAll(/\W+/g, '-').slice(0, 20);
    const stderr = await refused(lockedTo(name, from, to));
    expect(stderr).toMatch(/is locked to can't be made here: /);
    expect(stderr).toContain(said);
    expect(stderr).toMatch(/→ Make its Python \(`python3/);
  });

  it('another model, without a Python being made for it', async () => {
    const stderr = await refused(lockedTo('model', '# model: tiny', '# model: large'));
    expect(stderr).toContain('model recorded mock:large, here mock:tiny');
    expect(stderr).not.toContain('go into');
  });

  it('packages that would run outside the sandbox as Python starts', async () => {
    const mark = join(top, 'ran');
    for (const [version, name] of [
      ['3.0', 'evil.pth'],
      ['4.0', 'sitecustomize.py'],
    ] as const) {
      other.install('sales-tools', version);
      other.add('sales_tools.py', '');
      other.add(name, `import pathlib; pathlib.Path(${JSON.stringify(mark)}).touch()\n`);
      other.own('sales-tools', version, 'sales_tools.py', name);
      other.packWheels(wheels, 'sales-tools');
      rmSync(mark, { force: true }); // the test's own Python ran it
      const stderr = await refused(
        lockedTo(`evil-${version}`, 'sales-tools==1.0', `sales-tools==${version}`),
      );
      expect(stderr).toContain(`a package brings ${name}, which would run outside the sandbox`);
      expect(() => readFileSync(mark)).toThrow('ENOENT');
    }
  });
});
