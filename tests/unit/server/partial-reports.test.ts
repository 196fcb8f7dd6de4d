import { describe, expect, it } from 'vitest';
import { reportOf, reportSchema } from '../../../server/cli/report/json.ts';
import type { Done } from '../../../server/cli/report/json.ts';
import { junitXml } from '../../../server/cli/report/junit.ts';
import { cellLines, summaryLine } from '../../../server/cli/report/text.ts';
import type { CellReport } from '../../../server/cli/run/cell-report.ts';
import { NotebookProgress } from '../../../server/cli/run/progress.ts';
import { withStops } from '../../../server/cli/run/signals.ts';
import { Bars } from '../../../server/cli/terminal/bars.ts';
import { TerminalProgress } from '../../../server/cli/terminal/progress.ts';
import { RecordingOut } from './temporary.ts';

/** Reports of cells of which little is known: that were not reached, told no reason, or cost nothing. */

const cell = (status: CellReport['status'], more: Partial<CellReport> = {}): CellReport => ({
  index: 3,
  words: 'How many?',
  status,
  ms: 20,
  divergences: [],
  ...more,
});
const done = (cells: readonly CellReport[], more: Partial<Done> = {}): Done => ({
  notebook: 'a.ipynb',
  ok: false,
  written: false,
  stopped: false,
  cells,
  ...more,
});
const divergence = (more: Partial<CellReport['divergences'][number]>): CellReport['divergences'][number] => ({
  version: 1,
  kind: 'result',
  what: 'Another result.',
  ...more,
});
const diverged = (more: Partial<CellReport['divergences'][number]> = {}) =>
  cell('diverged', { executionCount: 4, divergences: [divergence(more)] });
const error = { ename: 'Diverged', evalue: 'It goes another way.' };

describe('a report of cells of which little is known', () => {
  it('is whole as JSON', () => {
    const all = [
      done([cell('ok'), cell('ok', { spent: { tokens: 5 } })], { ok: true }),
      done([cell('ok', { spent: { tokens: 5, cost: 0 } })], { stopped: true, output: 'b.ipynb' }),
      done([diverged()], { written: true }),
      done([cell('not-run')]),
    ];
    const { notebooks } = reportSchema.parse(JSON.parse(JSON.stringify(reportOf('replay', 130, all))));
    expect(notebooks.map(({ status }) => status)).toEqual(['ok', 'stopped', 'diverged', 'failed']);
    expect(notebooks.map(({ tokens, cost }) => [tokens, cost])).toEqual([
      [5, undefined],
      [5, 0],
      [0, undefined],
      [0, undefined],
    ]);
    for (const { output } of notebooks) expect(output).toBeUndefined(); // nothing was written, or nowhere
    expect(notebooks[0]?.cells[0]).toEqual({
      index: 3,
      words: 'How many?',
      status: 'ok',
      durationMs: 20,
      divergences: [],
    });
  });

  it.each([
    ['failed', cell('failed'), 'message="failed" type="Error">failed<'],
    [
      'failed with an error',
      cell('failed', { error }),
      'message="Diverged: It goes another way." type="Diverged"',
    ],
    ['diverged', cell('diverged'), 'message="diverged" type="Diverged">diverged<'],
    ['diverged with a reason', cell('diverged', { error }), 'message="Diverged: It goes another way."'],
    ['has what was recorded', diverged({ recorded: '1' }), '>Another result.\nrecorded:\n1</failure>'],
    ['has what was found', diverged({ found: '2' }), '>Another result.\nfound:\n2</failure>'],
    ['has both', diverged({ recorded: '1', found: '2' }), 'recorded:\n1\nfound:\n2</failure>'],
    ['has neither', diverged(), 'message="Another result." type="Diverged">Another result.\n</failure>'],
  ])('says in JUnit that a cell %s', (_what, one, part) => {
    expect(junitXml('verify', [done([one])])).toContain(part);
  });

  it.each([
    ['not run', cell('not-run'), '  – In [ ]  How many?  (not run)\n'],
    ['failed', cell('failed'), '  ✗ In [ ]  How many?  (0.0 s)\n'],
    ['diverged', cell('diverged'), '  ≠ In [ ]  How many?  (0.0 s)\n'],
    [
      'diverged for a reason',
      cell('diverged', { error }),
      '  ≠ In [ ]  How many?  (0.0 s)\n      It goes another way.\n',
    ],
    [
      'other values',
      diverged({ recorded: '1\n2', found: '3' }),
      '  ≠ In [4]  How many?  (0.0 s)\n      Another result.\n        - 1\n        - 2\n        + 3\n',
    ],
    [
      'no values',
      diverged({ helper: 2 }),
      '  ≠ In [4]  How many?  (0.0 s)\n      Another result. (helper 2)\n',
    ],
  ])('says in the terminal: %s', (_what, one, text) => {
    expect(cellLines(one)).toBe(text);
  });

  it('cuts a difference that is long, and says by how much', () => {
    const diff = (count: number) => Array.from({ length: count }, (_, line) => `+ ${line}`).join('\n');
    expect(cellLines(diverged({ diff: diff(41) }))).toMatch(/\+ 39\n +\[1 more line\]\n$/);
    expect(cellLines(diverged({ diff: diff(40) }))).toMatch(/\+ 39\n$/);
  });

  it.each([
    ['run', [cell('ok'), cell('not-run')], '1 of 2 cells ran well; 1 not run\n'],
    ['replay', [cell('ok')], '1 of 1 cell as recorded\n'],
    ['verify', [diverged()], '0 of 1 cell as recorded; the first divergence is in In [4]: Another result.\n'],
    [
      'verify',
      [cell('diverged', { error })],
      '0 of 1 cell as recorded; the first divergence is in In [ ]: It goes another way.\n',
    ],
    ['verify', [cell('diverged')], '0 of 1 cell as recorded; the first divergence is in In [ ]: How many?\n'],
  ] as const)('sums up a %s of %j', (mode, cells, line) => {
    expect(summaryLine(mode, cells)).toBe(line);
  });
});

describe('how far something is of which little is known', () => {
  it('tells of cells that were run alone, and of costs where there are any', () => {
    const out = new RecordingOut();
    const progress = new NotebookProgress('a.ipynb', out);
    progress.ended(cell('not-run'));
    progress.ended(cell('ok', { words: '' }));
    progress.progress({ done: 1, total: 3, words: '' });
    progress.ended(cell('failed', { spent: { tokens: 1, cost: 0 } }));
    progress.ended(cell('ok', { spent: { tokens: 1, cost: 0.5 } }));
    progress.end();
    expect(out.text.split('\n')).toEqual([
      'a.ipynb  1 of 0 cells  ok',
      'a.ipynb  2 of 3 cells  1 token  How many?  failed',
      'a.ipynb  3 of 3 cells  2 tokens  $0.5000  How many?  ok',
      '',
    ]);
  });

  it('draws a bar for each, not more often than a person sees, in 80 columns where the width is not known', () => {
    const out = { text: '', isTTY: true, write: (text: string) => (out.text += text) };
    let now = 0;
    const bars = new Bars(out, () => now);
    new NotebookProgress('a.ipynb', bars).progress({ done: 0, total: 0, words: '' });
    expect(out.text).toBe(`a.ipynb  ${'░'.repeat(20)}  0 of 0 cells\n`);
    bars.set('b', 'x'.repeat(100));
    expect(out.text).toContain(`${'x'.repeat(79)}\n`);
    out.text = '';
    now = 50;
    bars.set('b', 'too soon');
    expect(out.text).toBe('');
    now = 150;
    bars.set('b', 'in time');
    expect(out.text).toMatch(/^\u001b\[2A\r\u001b\[Ja\.ipynb .*\nin time\n$/);
    out.text = '';
    const progress = new TerminalProgress(out, () => now);
    progress.progress({ label: 'y'.repeat(100), done: 0, total: 3, unit: 'packages' });
    expect(out.text).toBe(`\r\u001b[K${'y'.repeat(79)}`);
    progress.progress({ label: 'Packages', done: 0, total: 3, unit: 'packages' });
    expect(out.text).toMatch(/\n\r\u001b\[KPackages {2}░{24} {2}0 % {2}0 of 3 packages$/);
  });
});

describe('signals while notebooks run', () => {
  it('end all of it at once where the system asks, and where nothing runs that could be interrupted', async () => {
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
      await withStops((stops) => {
        expect([stops.asked(), stops.quit.aborted]).toEqual([false, false]);
        process.emit(signal);
        expect([stops.asked(), stops.quit.aborted]).toEqual([true, true]);
        return Promise.resolve();
      });
    }
  });

  it('interrupt what runs, and what begins after that', async () => {
    const interrupted: string[] = [];
    await withStops((stops) => {
      stops.add(() => interrupted.push('ended before'))();
      stops.add(() => interrupted.push('first'));
      process.emit('SIGINT');
      process.emit('SIGINT'); // npm's: the same press
      stops.add(() => interrupted.push('second'));
      expect([stops.asked(), stops.quit.aborted]).toEqual([true, false]);
      return Promise.resolve();
    });
    expect(interrupted).toEqual(['first', 'second']);
    expect(process.listenerCount('SIGHUP')).toBe(0);
  });
});
