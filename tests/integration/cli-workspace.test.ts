import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programFile } from '../../server/cli/program.ts';
import { reportSchema } from '../../server/cli/report/json.ts';
import { runCommand } from '../../server/cli/setup/run-command.ts';
import { codeCell, saveNotebook } from '../support/saved-session.ts';

/** A notebook that is written into another folder than it ran in: `replique run notebooks/x.ipynb --output a.ipynb`. */

let top: string;
let work: string;
let written: string;

const helper = 'I look.\n<helpers lang="python">\nprint(open("data.txt").read())\n</helpers>';
const replique = (args: readonly string[]) =>
  runCommand(process.execPath, [programFile('replique.js'), ...args], {
    cwd: top,
    env: {
      ...process.env,
      REPLIQUE_PROVIDER: 'mock',
      REPLIQUE_MOCK_SCRIPT: join(top, 'script.json'),
      REPLIQUE_AUDIT_DIR: join(top, 'audit'),
      XDG_CONFIG_HOME: join(top, 'config'),
    },
  });
const workspaceIn = (file: string): unknown =>
  (JSON.parse(readFileSync(file, 'utf8')) as { metadata: { replique?: { workspace?: unknown } } }).metadata
    .replique?.workspace;

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'replique-workspace-'));
  work = join(top, 'work');
  for (const folder of ['work', 'out', 'apart/out']) mkdirSync(join(top, folder), { recursive: true });
  writeFileSync(join(work, 'data.txt'), 'a\nb\nc\n');
  writeFileSync(
    join(top, 'script.json'),
    JSON.stringify({ replies: [{ text: helper }, { text: 'Three.' }] }),
  );
  const source = saveNotebook(work, [codeCell('How many lines?', null)]);
  written = join(top, 'out', 'a.ipynb');
  const { status, stderr } = await replique(['run', source, '--output', 'out/a.ipynb']);
  expect(status, stderr).toBe(0);
}, 120_000);
afterAll(() => rmSync(top, { recursive: true, force: true }));

describe('a notebook that ran in another folder than it is written to', () => {
  it('says so, and is verified there', async () => {
    expect(workspaceIn(written)).toBe('../work');
    const { status, stdout } = await replique(['verify', 'out/a.ipynb']);
    expect(status, stdout).toBe(0);
    expect(stdout).toContain('out/a.ipynb, in work\n');
    expect(stdout).toContain('1 of 1 cell as recorded');
  });

  it('is replayed to the byte', async () => {
    const before = readFileSync(written);
    expect((await replique(['replay', 'out/a.ipynb', '--output', 'out/b.ipynb'])).status).toBe(0);
    expect(readFileSync(join(top, 'out', 'b.ipynb')).equals(before)).toBe(true);
  });

  it('as a copy works nowhere but beside it, until somebody names the folder', async () => {
    const copy = join(top, 'apart', 'out', 'copy.ipynb');
    copyFileSync(written, copy);
    mkdirSync(join(top, 'apart', 'work'), { recursive: true });
    copyFileSync(join(work, 'data.txt'), join(top, 'apart', 'work', 'data.txt'));
    const { status, stdout } = await replique(['verify', copy, '--json']);
    expect(status).toBe(2);
    const [report] = reportSchema.parse(JSON.parse(stdout)).notebooks;
    expect(report?.environment?.differences).toContainEqual({ kind: 'folder', name: 'apart/work' });
    const told = await replique(['verify', copy]);
    expect(told.stdout).toContain(
      'it ran in the folder apart/work, and not here (--workspace apart/work has it verified there)',
    );
    const there = await replique(['verify', copy, '--workspace', 'apart/work']);
    expect(there.status, there.stdout).toBe(0);
  });

  it('can be run in a folder that is named, and needs no note once it is where it ran', async () => {
    const copy = join(work, 'again.ipynb');
    copyFileSync(written, copy);
    const run = ['run', copy, '--workspace', 'work', '--output', copy];
    expect((await replique(run)).status).toBe(0);
    expect(workspaceIn(copy)).toBe('.');
    const { status, stdout } = await replique(['verify', copy]);
    expect(status, stdout).toBe(0);
    expect(stdout).not.toContain(', in ');
  });

  it('is refused in a sentence where that is no folder', async () => {
    const { status, stderr } = await replique(['verify', written, '--workspace', 'no/such']);
    expect(status).toBe(1);
    expect(stderr).toContain('--workspace names no/such, which is no folder.');
  });
});
