import { describe, expect, it } from 'vitest';
import { isParametersCell } from '../../../kernel/interpreter/parameters.ts';
import { statusOf } from '../../../server/cli/report/exit-status.ts';
import { reportOf, reportSchema } from '../../../server/cli/report/json.ts';
import type { Done } from '../../../server/cli/report/json.ts';
import { junitXml } from '../../../server/cli/report/junit.ts';
import { cellLines, summaryLine } from '../../../server/cli/report/text.ts';
import type { CellReport } from '../../../server/cli/run/cell-report.ts';
import { addParameter, joinParameters, parametersCell } from '../../../server/cli/run/parameters.ts';
import { NotebookProgress } from '../../../server/cli/run/progress.ts';
import { runCommand } from '../../../server/cli/setup/run-command.ts';
import { Bars } from '../../../server/cli/terminal/bars.ts';
import { testPython } from '../../support/python.ts';
import { RecordingOut } from './temporary.ts';

const cell = (more: Partial<CellReport> = {}): CellReport => ({
  index: 0,
  executionCount: 1,
  words: 'How many?',
  status: 'ok',
  ms: 1200,
  spent: { tokens: 1500, cost: 0.01 },
  divergences: [],
  ...more,
});
const done = (more: Partial<Done> = {}): Done => ({
  notebook: 'a.ipynb',
  ok: true,
  written: false,
  stopped: false,
  cells: [cell()],
  ...more,
});
const failed = cell({ status: 'failed', error: { ename: 'E', evalue: 'bad' } });
const diverged = cell({
  index: 2,
  executionCount: 2,
  status: 'diverged',
  divergences: [
    { version: 1, kind: 'result', turn: 1, helper: 1, what: 'The result is another one.', diff: '- 1\n+ 2' },
  ],
});

describe('the exit status', () => {
  it.each([
    [0, [done()]],
    [1, [done(), done({ ok: false, cells: [failed] })]],
    [1, [done({ ok: false, cells: [cell(), cell({ status: 'not-run' })] })]],
    [1, [done({ ok: false, problem: new Error('x') })]],
    [2, [done({ ok: false, cells: [diverged] }), done()]],
    [1, [done({ ok: false, cells: [diverged] }), done({ ok: false, cells: [failed] })]],
    [130, [done({ ok: false, cells: [failed] }), done({ ok: false, stopped: true, cells: [] })]],
  ])('is %i', (status, all) => {
    expect(statusOf(all)).toBe(status);
  });
});

describe('the report as JSON', () => {
  it('says all that is known, by its schema', () => {
    const all = [
      done({ output: 'b.ipynb', written: true }),
      done({ ok: false, cells: [cell(), failed, diverged] }),
      done({ ok: false, problem: new Error('gone'), cells: [] }),
    ];
    const report = reportSchema.parse(JSON.parse(JSON.stringify(reportOf('verify', 1, all))));
    expect(report.notebooks.map(({ status }) => status)).toEqual(['ok', 'failed', 'failed']);
    expect(report.notebooks[0]).toMatchObject({ output: 'b.ipynb', tokens: 1500, cost: 0.01 });
    expect(report.notebooks[1]).toMatchObject({ firstDivergence: 2, tokens: 4500 });
    expect(report.notebooks[1]?.cells[2]?.divergences[0]).toMatchObject({ kind: 'result', diff: '- 1\n+ 2' });
    expect(report.notebooks[2]?.problem).toBe('gone');
  });
});

describe('the report as JUnit', () => {
  it('is XML that a parser reads, whatever cells hold', async () => {
    const evil = `<&>"']]>\u0000\u001b[31m\ud800\ufffe\t\n日本`;
    const evilCell = cell({ words: evil, status: 'failed', error: { ename: evil, evalue: evil } });
    const all = [
      done({ notebook: evil, ok: false, cells: [cell(), evilCell, diverged, cell({ status: 'not-run' })] }),
      done({ ok: false, problem: new Error(evil), cells: [] }),
    ];
    const code = `import sys, json, xml.etree.ElementTree as E
root = E.fromstring(sys.argv[1].encode())
print(json.dumps([[s.get("tests"), s.get("failures"), s.get("errors"), s.get("skipped")] for s in root]))
print(root[0][2][0].get("message"), root[0][2][0].text)`;
    const { stdout, status } = await runCommand(testPython(), ['-c', code, junitXml('verify', all)]);
    expect(status).toBe(0);
    const [counts = '', rest] = stdout.split(/\n([^]*)/);
    expect(JSON.parse(counts)).toEqual([
      ['4', '2', '0', '1'],
      ['1', '0', '1', '0'],
    ]);
    expect(rest).toContain('The result is another one.\n- 1\n+ 2');
  });
});

describe('the report in the terminal', () => {
  it('shows a divergence with its difference, and names the first', () => {
    expect(cellLines(diverged)).toBe(
      '  ≠ In [2]  How many?  (1.2 s)\n      The result is another one. (turn 1, helper 1)\n        - 1\n        + 2\n',
    );
    expect(summaryLine('verify', [cell(), diverged, failed])).toBe(
      '1 of 3 cells as recorded; 1 failed; the first divergence is in In [2]: The result is another one.\n',
    );
  });

  it('lets nothing steer the terminal', () => {
    const evil = '\u001b[2J\u0007\u202e';
    const divergences = [{ version: 1 as const, kind: 'result' as const, what: evil, diff: evil }];
    const text =
      cellLines({ ...diverged, words: evil, divergences }) +
      cellLines(cell({ ...failed, error: { ename: evil, evalue: evil } }));
    expect(text).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  });
});

describe('parameters', () => {
  const source = (...pairs: string[]) =>
    parametersCell(
      pairs.reduce<ReturnType<typeof addParameter>>((all, pair) => addParameter(pair, all), new Map()),
      [],
    ).source;

  it('are two words behind -p, as often as wanted', () => {
    expect(
      joinParameters(['run', '-p', 'n', '3', 'a.ipynb', '--parameters', 's', '-x', '--', '-p', 'b']),
    ).toEqual(['run', '--parameters=n=3', 'a.ipynb', '--parameters=s=-x', '--', '-p', 'b']);
  });

  it('become a cell that the kernel knows and that Python reads as meant', async () => {
    const pairs = [
      'i=-007',
      'f=1e3',
      't=True',
      'n=None',
      'e=',
      'nan=nan',
      's="\\\'\n\u0000日本 \u2028#',
      'q=a=b',
      'd=1.2.3',
    ];
    const text = source(...pairs);
    expect(isParametersCell(text)).toBe(true);
    const code = `${text}\nimport json; print(json.dumps([i, f, t, n, e, nan != nan, s, q, d]))`;
    const { stdout } = await runCommand(testPython(), ['-c', code]);
    expect(JSON.parse(stdout)).toEqual([
      -7,
      1000,
      true,
      null,
      '',
      true,
      '"\\\'\n\u0000日本 \u2028#',
      'a=b',
      '1.2.3',
    ]);
  });

  it.each(['1=2', 'a b=1', 'class=1', '__import__("os")=1', 'no'])('refuses %s', (pair) => {
    expect(() => addParameter(pair)).toThrow(/Python|-p NAME VALUE/);
  });

  it('go behind the tagged cell, in the place of earlier ones, else first', () => {
    const tagged = (...tags: string[]) => ({ cell_type: 'code' as const, metadata: { tags }, source: '' });
    const at = (...cells: ReturnType<typeof tagged>[]) => parametersCell(new Map([['a', '1']]), cells);
    expect(at(tagged(), tagged())).toMatchObject({ index: 0, replaces: false });
    expect(at(tagged(), tagged('parameters'))).toMatchObject({ index: 2, replaces: false });
    expect(at(tagged('parameters'), tagged('injected-parameters'))).toMatchObject({
      index: 1,
      replaces: true,
    });
  });
});

describe('how far a notebook is', () => {
  const steps = (to: Bars | RecordingOut) => {
    const progress = new NotebookProgress('a.ipynb', to);
    progress.progress({ done: 0, total: 2, words: 'How many?' });
    progress.ended(cell());
    progress.progress({ done: 1, total: 2, words: 'And then?' });
    progress.end();
  };

  it('is a line that changes in place at a terminal, below what is written', () => {
    const out = new RecordingOut(true);
    let now = 0;
    const bars = new Bars(out, () => (now += 1000));
    steps(bars);
    expect(out.text).toContain('a.ipynb  ░░░░░░░░░░░░░░░░░░░░  0 of 2 cells  How many?\n');
    expect(out.text).toContain(
      '\u001b[1A\r\u001b[Ja.ipynb  ██████████░░░░░░░░░░  1 of 2 cells  1 500 tokens  $0.0100  And then?\n',
    );
    expect(out.text.endsWith('\u001b[1A\r\u001b[J')).toBe(true);
    bars.set('x', 'bar');
    out.text = '';
    bars.above(() => out.write('above\n'));
    expect(out.text).toBe('\u001b[1A\r\u001b[Jabove\nbar\n');
  });

  it('is a line for each cell elsewhere', () => {
    const out = new RecordingOut();
    steps(out);
    expect(out.text).toBe('a.ipynb  1 of 2 cells  1 500 tokens  $0.0100  How many?  ok\n');
  });
});
