import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { reportSchema } from '../../server/cli/report/json.ts';
import { runCommand } from '../../server/cli/setup/run-command.ts';
import { replique } from '../support/cli.ts';
import { testPython } from '../support/python.ts';
import { codeCell, markdownCell, saveNotebook } from '../support/saved-session.ts';

/** The commands on the built kernel, as CI runs them; the provider is a double. */

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'replique-reports-'));
  vi.stubEnv('REPLIQUE_PROVIDER', 'mock');
  vi.stubEnv('XDG_CONFIG_HOME', join(directory, 'config'));
  vi.stubEnv('REPLIQUE_AUDIT_DIR', join(directory, 'audit'));
  mkdirSync(join(directory, 'work'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

function answers(...texts: string[]): void {
  const script = join(directory, 'script.json');
  writeFileSync(script, JSON.stringify({ replies: texts.map((text) => ({ text })) }));
  vi.stubEnv('REPLIQUE_MOCK_SCRIPT', script);
}

const save = (name: string, ...cells: unknown[]) => saveNotebook(join(directory, 'work'), cells, name);
const helper = (lang: string, code: string) => `I look.\n<helpers lang="${lang}">\n${code}\n</helpers>`;

describe('replique run', () => {
  it('reports on several notebooks as JSON and JUnit, with parameters, and ends with status 1 where one failed', async () => {
    answers(helper('python', 'print(n * 2)'), 'It is 42.');
    const defaults = { ...codeCell('# Parameters\nn = 1', null), metadata: { tags: ['parameters'] } };
    const good = save('good.ipynb', markdownCell('# Title'), defaults, codeCell('Double it', null));
    const bad = save('bad.ipynb', codeCell('%%python\n1/0', null), codeCell('%%python\n2', null));
    const junit = join(directory, 'junit.xml');
    const args = ['-p', 'n', '21', good, bad, '--jobs', '2', '--json', '--junit', junit];
    const { status, stdout, stderr } = await replique('run', ...args);
    expect(status).toBe(1);
    const report = reportSchema.parse(JSON.parse(stdout));
    expect(report).toMatchObject({ command: 'run', exitStatus: 1 });
    const [one, two] = report.notebooks;
    expect(one).toMatchObject({ status: 'ok', output: good.replace('.ipynb', '.out.ipynb') });
    expect(one?.cells.map(({ index, words }) => [index, words])).toEqual([
      [1, '# Parameters n = 1'],
      [2, '# Parameters n = 21'],
      [3, 'Double it'],
    ]);
    expect(one?.tokens).toBeGreaterThan(0);
    expect(two).toMatchObject({
      status: 'failed',
      cells: [{}, { status: 'failed', error: { ename: 'ZeroDivisionError' } }, { status: 'not-run' }],
    });
    expect(stderr).toMatch(/good\.ipynb {2}3 of 3 cells {2}\d+ tokens {2}Double it {2}ok/);
    expect(readFileSync(good.replace('.ipynb', '.out.ipynb'), 'utf8')).toContain('"42\\n"');
    const xml = readFileSync(junit, 'utf8');
    expect(xml).toContain('<failure message="ZeroDivisionError: division by zero" type="ZeroDivisionError">');
    expect(xml).toContain('<skipped message="not run"/>');
  });

  it.each([
    [['--output', 'o.ipynb', 'a.ipynb', 'b.ipynb'], '--output names one file, and there are 2 notebooks'],
    [['a.ipynb', 'a.ipynb'], 'would be written twice'],
    [['a.ipynb', '--jobs', '0'], 'Write a number from 1 to 64'],
    [['a.ipynb', '-p', 'class', '1'], `"class" can't be a variable of Python`],
    [['a.ipynb', '--junit', 'a.ipynb'], 'which would be lost'],
    [['old.ipynb'], 'jupyter nbconvert --to notebook'],
    [['huge.ipynb'], 'it has 500 MB and is larger than 200 MB'],
  ])('refuses %j in a sentence, before anything is set up', async (args, sentence) => {
    const work = join(directory, 'work');
    for (const name of ['a.ipynb', 'b.ipynb']) save(name, codeCell('%%python\nopen("never", "w")', null));
    writeFileSync(
      join(work, 'old.ipynb'),
      JSON.stringify({ nbformat: 3, nbformat_minor: 0, worksheets: [] }),
    );
    writeFileSync(join(work, 'huge.ipynb'), '');
    await runCommand('truncate', ['-s', '500MB', join(work, 'huge.ipynb')]);
    const whole = args.map((word) => (word.endsWith('.ipynb') ? join(work, word) : word));
    const { status, stderr, stdout } = await replique('run', ...whole);
    expect(status).toBe(1);
    expect(stderr).toContain(sentence);
    expect(stdout).toBe('');
    expect(readFileSync(join(work, 'a.ipynb'), 'utf8')).toContain('never');
  });
});

describe('replique show and export', () => {
  it('show what a real session left, and a script that prints the same', async () => {
    answers(
      helper('python', 'x = 20\nprint("first", x)\nraise ValueError(x)'),
      helper('python', 'from __future__ import annotations\nprint("second", x + 1)\n%time 1\n!ls'),
      helper('bash', `echo "third 'quoted' $((x + 2))" \\\n  && echo more`),
      'Done: it is 22.',
    );
    const own = '%%python\nprint("own", _, Out[1] == _, """\n%d""" % (x\n% 7))';
    const file = save(
      'session.ipynb',
      codeCell('Compute', null),
      codeCell(own, null),
      codeCell('%%bash\nprintf "no newline"', null),
      codeCell('%help', null),
    );
    const ran = join(directory, 'work', 'ran.ipynb');
    const run = await replique('run', file, '--output', ran);
    expect(run.status, run.stderr).toBe(0);

    const shown = await replique('show', ran);
    for (const part of [
      'In [1]: Compute',
      'first 20',
      'ValueError',
      'Done: it is 22.',
      'own Done: it is 22. True',
    ]) {
      expect(shown.stdout).toContain(part);
    }

    const script = join(directory, 'work', 'session.py');
    expect((await replique('export', ran, '--to', 'py', '--output', script)).status).toBe(0);
    const { status, stdout, stderr } = await runCommand(testPython(), [script], {
      cwd: join(directory, 'work'),
    });
    expect(status, stderr).toBe(0);
    expect(stdout).toBe(
      `first 20\nsecond 21\nthird 'quoted' 2\nmore\nown Done: it is 22. True \n6\nno newline\n`,
    );
    expect(stderr).toContain('ValueError: 20');
    expect(await replique('export', ran, '--to', 'py')).toMatchObject({
      stdout: readFileSync(script, 'utf8'),
    });

    for (const format of ['md', 'html', 'trace']) {
      const { stdout: text, status } = await replique('export', ran, '--to', format);
      expect(status).toBe(0);
      expect(text).toContain('first 20');
    }
  });
});
