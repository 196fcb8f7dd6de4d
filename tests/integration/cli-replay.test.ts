import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programFile } from '../../server/cli/program.ts';
import { reportSchema } from '../../server/cli/report/json.ts';
import type { Report } from '../../server/cli/report/json.ts';
import { runCommand } from '../../server/cli/setup/run-command.ts';
import { codeCell, markdownCell, saveNotebook } from '../support/saved-session.ts';

/** A session of the real kernel, recorded once; then played and checked by the built program. */

let top: string;
let work: string;
let recorded: string;
let data: string;

const helper = (lang: string, code: string) => `I look.\n<helpers lang="${lang}">\n${code}\n</helpers>`;
const replies = [
  helper('python', 'lines = open("data.txt").read().split()\nprint(len(lines), "lines")'),
  'There are 3 lines.',
  helper('python', 'print(1 / 0)'),
  helper('bash', 'sort -r data.txt | head -1'),
  'The last is c.',
];

const environment = () => ({
  ...process.env,
  REPLIQUE_PROVIDER: 'mock',
  REPLIQUE_MOCK_SCRIPT: join(top, 'script.json'),
  XDG_CONFIG_HOME: join(top, 'config'),
  REPLIQUE_AUDIT_DIR: join(top, 'audit'),
});
const replique = (args: readonly string[], more: NodeJS.ProcessEnv = {}) =>
  runCommand(process.execPath, [programFile('replique.js'), ...args], { env: { ...environment(), ...more } });

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'replique-replay-'));
  work = join(top, 'work');
  mkdirSync(work);
  data = join(work, 'data.txt');
  writeFileSync(data, 'a\nb\nc\n');
  writeFileSync(join(top, 'script.json'), JSON.stringify({ replies: replies.map((text) => ({ text })) }));
  const cells = [
    markdownCell('# Lines'),
    codeCell('How many lines has data.txt?', null),
    codeCell('%%python\nprint(lines)\nlen(lines)', null),
    codeCell('Which is the last?', null),
    codeCell('%%bash\nwc -l < data.txt', null),
  ];
  const source = saveNotebook(work, cells);
  recorded = join(work, 'recorded.ipynb');
  const { status, stderr } = await replique(['run', source, '--output', recorded]);
  expect(status, stderr).toBe(0);
  writeFileSync(join(top, 'script.json'), '{"replies": []}'); // a model that is asked has no answer
}, 120_000);
afterAll(() => rmSync(top, { recursive: true, force: true }));

/** As another program writes it: other blanks, a mark, no end of line. */
function handEdited(): { file: string; bytes: Buffer } {
  const text = readFileSync(recorded, 'utf8');
  const file = join(work, 'edited.ipynb');
  const value = JSON.parse(text) as { metadata: Record<string, unknown> };
  value.metadata['mine'] = 'SCALE';
  const spaced = JSON.stringify(value, null, 3).replace('"SCALE"', '{"x": 1.0, "s": "caf\\u00e9"}');
  writeFileSync(file, `\ufeff${spaced}`);
  return { file, bytes: readFileSync(file) };
}

async function verified(
  edit: (cells: { source: string | string[]; outputs: unknown[] }[]) => void,
): Promise<Report> {
  const content = JSON.parse(readFileSync(recorded, 'utf8')) as {
    cells: { source: string | string[]; outputs: unknown[] }[];
  };
  edit(content.cells);
  const file = join(work, 'planted.ipynb');
  writeFileSync(file, JSON.stringify(content, null, 1));
  const { stdout } = await replique(['verify', file, '--json']);
  return reportSchema.parse(JSON.parse(stdout));
}

describe('replique replay', () => {
  it('leaves an unchanged notebook byte for byte, without Python and without a model', async () => {
    const { file, bytes } = handEdited();
    const output = join(work, 'replayed.ipynb');
    const without = {
      REPLIQUE_PYTHON: '/no/python',
      REPLIQUE_PROVIDER: 'ollama',
      OLLAMA_HOST: 'http://127.0.0.1:9',
    };
    const { status, stdout, stderr } = await replique(['replay', file, '--output', output], without);
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toContain('4 of 4 cells as recorded');
    expect(readFileSync(output).equals(bytes)).toBe(true);
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('says which cell a prompt was changed in, ends with status 2, and keeps the other cells', async () => {
    const file = join(work, 'changed.ipynb');
    const text = readFileSync(recorded, 'utf8');
    const changed = text.replace('"source": "Which is the last?"', '"source": "Which is the first?"');
    expect(changed).not.toBe(text);
    writeFileSync(file, changed);
    const output = join(work, 'diverged.ipynb');
    const { status, stdout } = await replique(['replay', file, '--output', output]);
    expect(status).toBe(2);
    expect(stdout).toMatch(/✓ In \[1\][^]*✓ In \[2\][^]*≠ In \[3\][^]*✓ In \[4\]/);
    expect(stdout).toContain('the first divergence is in In [3]');
    const written = readFileSync(output, 'utf8');
    const end = changed.indexOf('%%python');
    expect(written.slice(0, end)).toBe(changed.slice(0, end));
    expect(written).toContain('application/vnd.replique.divergence+json');
  });
});

describe('replique verify', () => {
  it('finds nothing where nothing changed, and writes nothing', async () => {
    const before = readFileSync(recorded);
    const { status, stdout, stderr } = await replique(['verify', recorded]);
    expect(status, stdout + stderr).toBe(0);
    expect(readFileSync(recorded).equals(before)).toBe(true);
  });

  it('names the cells that come to something else when a file has changed, with what differs', async () => {
    writeFileSync(data, 'a\nb\nc\nd\n');
    const junit = join(top, 'junit.xml');
    const { status, stdout } = await replique(['verify', recorded, '--junit', junit]);
    writeFileSync(data, 'a\nb\nc\n');
    expect(status).toBe(2);
    expect(stdout).toContain('-3 lines\n');
    expect(stdout).toContain('+4 lines\n');
    expect(stdout).toContain('the first divergence is in In [1]');
    const xml = readFileSync(junit, 'utf8');
    expect(xml).toContain('failures="4"');
    expect(xml).toContain('type="Diverged"');
  });

  it.each([
    [
      'code',
      2,
      (cells: { source: unknown }[]) => (cells[2]!.source = '%%python\nprint(lines[:2])\nlen(lines)'),
    ],
    ['a prompt', 3, (cells: { source: unknown }[]) => (cells[3]!.source = 'Which one is the last?')],
    [
      'an output',
      2,
      (cells: { outputs: unknown[] }[]) =>
        (cells[2]!.outputs[0] = { output_type: 'stream', name: 'stdout', text: 'x\n' }),
    ],
  ])('names the cell in which %s was edited', async (_what, index, edit) => {
    const report = await verified(edit);
    expect(report).toMatchObject({
      exitStatus: 2,
      notebooks: [{ status: 'diverged', firstDivergence: index }],
    });
  });
});
