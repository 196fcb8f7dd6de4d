import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { metadataSchema } from '../../kernel/output/schema.ts';
import { reportSchema } from '../../server/cli/report/json.ts';
import { replique } from '../support/cli.ts';
import { testPython } from '../support/python.ts';
import { codeCell, saveNotebook } from '../support/saved-session.ts';

/** The commands on the built kernel; files that went with a prompt, or that code read, are recorded, and others are told. */

let directory: string;
let work: string;
let recorded: string;
/** Of a helper: one file of the person's, a module, and one of its own. */
const reading = `import os, pathlib, tools
print(pathlib.Path("amounts.txt").read_text())
with open("made.txt", "w") as f:
    f.write("x")
print(open("made.txt").read(), os.listdir())`;
const table = 'region,amount\nNorth,4\nEast,2\n';

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'replique-files-'));
  work = join(directory, 'work');
  mkdirSync(work);
  const script = join(directory, 'script.json');
  const helper = `I look.\n<helpers lang="python">\n${reading}\n</helpers>`;
  writeFileSync(script, JSON.stringify({ replies: [{ text: helper }, { text: 'Two regions.' }] }));
  for (const [name, value] of Object.entries({
    ...{ REPLIQUE_PROVIDER: 'mock', REPLIQUE_MOCK_SCRIPT: script, REPLIQUE_PYTHON: testPython() },
    ...{ REPLIQUE_AUDIT_DIR: join(directory, 'audit'), XDG_CONFIG_HOME: join(directory, 'config') },
  }))
    vi.stubEnv(name, value);
  writeFileSync(join(work, 'sales.csv'), table);
  writeFileSync(join(work, 'notes.txt'), 'North is large.\n');
  writeFileSync(join(work, 'amounts.txt'), '4\n2\n');
  writeFileSync(join(work, 'mine.json'), '[1]');
  writeFileSync(join(work, 'tools.py'), 'least = 1\n');
  writeFileSync(join(work, 'unread.txt'), 'x');
  const cells = [
    codeCell('%%python\nimport json\nwith open("mine.json") as f:\n    print(json.load(f))', null),
    codeCell('How many regions are in @sales.csv, after @notes.txt?', null),
  ];
  recorded = join(work, 'recorded.ipynb');
  const { status, stderr } = await replique(
    'run',
    saveNotebook(work, cells, 'a.ipynb'),
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

it('what code read is recorded with what it held, once; nothing that code made, and nothing that it did not read', () => {
  const { cells } = JSON.parse(readFileSync(recorded, 'utf8')) as {
    cells: { outputs: { metadata?: { replique?: unknown } }[] }[];
  };
  const files = cells
    .flatMap(({ outputs }) => outputs)
    .flatMap(({ metadata }) => metadataSchema.safeParse(metadata?.replique).data?.files ?? []);
  expect(files).toEqual(
    [
      ['mine.json', '[1]'],
      ['tools.py', 'least = 1\n'],
      ['amounts.txt', '4\n2\n'],
    ].map(([path, text = '']) => ({ path, sha256: createHash('sha256').update(text).digest('hex') })),
  );
});

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
  writeFileSync(join(work, 'amounts.txt'), '4\n3\n');
  const { stdout } = await replique('verify', recorded);
  expect(stdout).toMatch(
    /environment is not the recorded one:\n {6}sales\.csv is not the file it was\n {6}notes\.txt can’t be read here any more\n {6}amounts\.txt is not the file it was\n[^]*In \[1\]/,
  );
  const { files, xml } = await verify();
  expect(files).toMatchObject([{ name: 'sales.csv' }, { name: 'notes.txt' }, { name: 'amounts.txt' }]);
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
    ['amounts.txt', expect.any(String)],
  ]);
  writeFileSync(recorded, whole);
});
