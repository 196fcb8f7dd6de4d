import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { reportSchema } from '../../server/cli/report/json.ts';
import { replique } from '../support/cli.ts';
import { testPython } from '../support/python.ts';
import { codeCell, saveNotebook } from '../support/saved-session.ts';

/** The commands on the built kernel; the files that went with a prompt are recorded, and others are told. */

let directory: string;
let work: string;
let recorded: string;
const table = 'region,amount\nNorth,4\nEast,2\n';

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'replique-files-'));
  work = join(directory, 'work');
  mkdirSync(work);
  const script = join(directory, 'script.json');
  writeFileSync(script, JSON.stringify({ replies: [{ text: 'Two regions.' }] }));
  for (const [name, value] of Object.entries({
    ...{ REPLIQUE_PROVIDER: 'mock', REPLIQUE_MOCK_SCRIPT: script, REPLIQUE_PYTHON: testPython() },
    ...{ REPLIQUE_AUDIT_DIR: join(directory, 'audit'), XDG_CONFIG_HOME: join(directory, 'config') },
  }))
    vi.stubEnv(name, value);
  writeFileSync(join(work, 'sales.csv'), table);
  writeFileSync(join(work, 'notes.txt'), 'North is large.\n');
  const cell = codeCell('How many regions are in @sales.csv, after @notes.txt?', null);
  recorded = join(work, 'recorded.ipynb');
  const { status, stderr } = await replique(
    'run',
    saveNotebook(work, [cell], 'a.ipynb'),
    '--output',
    recorded,
  );
  expect(status, stderr).toBe(0);
}, 120_000);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

const verify = async () => {
  const junit = join(directory, 'junit.xml');
  const { stdout } = await replique('verify', recorded, '--json', '--junit', junit);
  const [report] = reportSchema.parse(JSON.parse(stdout)).notebooks;
  const files = report?.environment?.differences.filter(({ kind }) => kind === 'file');
  return { files, xml: readFileSync(junit, 'utf8') };
};

it('a replay writes what is recorded of files back, to the byte, whatever they hold now', async () => {
  const replayed = join(work, 'replayed.ipynb');
  writeFileSync(join(work, 'sales.csv'), 'other');
  expect(await replique('replay', recorded, '--output', replayed)).toMatchObject({ status: 0 });
  expect(readFileSync(replayed)).toEqual(readFileSync(recorded));
  writeFileSync(join(work, 'sales.csv'), table);
});

it('verify says nothing where they are the same, and names each that is not before it runs', async () => {
  const same = await verify();
  expect(same.files ?? []).toEqual([]);
  expect(same.xml).not.toContain('sales.csv is');
  writeFileSync(join(work, 'sales.csv'), `${table}South,1\n`);
  rmSync(join(work, 'notes.txt'));
  const { stdout } = await replique('verify', recorded);
  expect(stdout).toMatch(
    /environment is not the recorded one:\n {6}sales\.csv is not the file it was\n {6}notes\.txt can’t be read here any more\n[^]*In \[1\]/,
  );
  const { files, xml } = await verify();
  expect(files).toMatchObject([{ name: 'sales.csv' }, { name: 'notes.txt' }]);
  expect(xml).toMatch(/<system-out>[^<]*sales\.csv is not the file it was/);
});

it('a notebook makes nobody read outside of its folder, nor through a link', async () => {
  const whole = readFileSync(recorded, 'utf8');
  writeFileSync(join(directory, 'secret.txt'), table);
  symlinkSync(join(directory, 'secret.txt'), join(work, 'link.txt'));
  writeFileSync(
    recorded,
    whole
      .replaceAll('"path": "sales.csv"', '"path": "../secret.txt"')
      .replaceAll('"path": "notes.txt"', '"path": "link.txt"'),
  );
  const { files } = await verify();
  expect(files?.map(({ name, found }) => [name, found])).toEqual([
    ['../secret.txt', undefined],
    ['link.txt', undefined],
  ]);
  writeFileSync(recorded, whole);
});
