import { expect, it } from 'vitest';
import { reportEnvironment } from '../../../server/cli/environment/differences.ts';
import { reportOf, reportSchema } from '../../../server/cli/report/json.ts';
import { environmentLines, summaryLine } from '../../../server/cli/report/text.ts';
import type { CellReport } from '../../../server/cli/run/cell-report.ts';
import { environment, withPackages } from './environments.ts';

const cell = (status: CellReport['status']): CellReport => ({
  ...{ index: 0, executionCount: 1, words: 'How many?', status, ms: 1, divergences: [] },
  ...(status === 'diverged' && { error: { ename: 'Diverged', evalue: 'The text is another.' } }),
});
const file = (recorded: unknown) => ({
  ...{ path: 'a.ipynb', bytes: Buffer.alloc(0), text: '' },
  notebook: {
    ...{ nbformat: 4 as const, nbformat_minor: 5, cells: [] },
    metadata: { replique: { environment: recorded } },
  },
});
const many = (version: string) =>
  withPackages(Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`p${n}`, version])));
const present = (now = environment()) => ({ environment: now, python: '/python', models: [] });

it('what differs is told in bounds, as a cause only where a cell diverged', () => {
  const report = reportEnvironment(file(many('1')), present(many('2')))!;
  const lines = environmentLines(report).split('\n');
  expect(lines[1]).toBe('      p0 recorded 1, here 2');
  expect(lines.at(-2)).toBe('      [10 more differences]');
  expect(summaryLine('verify', [cell('ok')], report)).toBe('1 of 1 cell as recorded\n');
  expect(summaryLine('verify', [cell('diverged')], report)).toContain(
    '; the environment may be why: p0 recorded 1, here 2; p1 recorded 1, here 2; p10 recorded 1, here 2; and 47 more\n',
  );
});

it('nothing is told where nothing is recorded, or all is the same', () => {
  expect(reportEnvironment(file(undefined), present())).toBeUndefined();
  const same = reportEnvironment(file(environment()), present())!;
  expect(environmentLines(same)).toBe('');
  expect(summaryLine('verify', [cell('diverged')], same)).not.toContain('environment');
});

it('what only a model would do otherwise is no cause: verify asks none', () => {
  const other = environment({ model: { provider: 'groq', name: 'x' } });
  expect(reportEnvironment(file(other), present())).toEqual({ differences: [] });
});

it('that a model of the same name has other weights is told, and is no cause of what code came to', () => {
  const model = { provider: 'ollama', name: 'm' };
  const report = reportEnvironment(file(environment({ model: { ...model, digest: 'a'.repeat(64) } })), {
    ...present(),
    models: [{ ...model, digest: 'b'.repeat(64) }],
  })!;
  expect(environmentLines(report)).toContain('ollama:m recorded sha256:aaaaaaaaaaaa, here sha256:bbb');
  expect(summaryLine('verify', [cell('diverged')], report)).not.toContain('may be why');
});

it('an environment that is not known is said to be, and steers no terminal', () => {
  const unknown = reportEnvironment(file(environment()), new Error('No Python.\u001b[2J'))!;
  expect(environmentLines(unknown)).toBe(
    '  ! Whether the environment is as recorded is not known: No Python.\n',
  );
  const all = [
    { notebook: 'a.ipynb', ok: true, written: false, stopped: false, cells: [], environment: unknown },
  ];
  const report = reportSchema.parse(JSON.parse(JSON.stringify(reportOf('verify', 0, all))));
  expect(report.notebooks[0]?.environment).toMatchObject({
    problem: expect.stringContaining('No Python.') as string,
  });
});

it('the JSON report has each difference', () => {
  const report = reportEnvironment(
    file(withPackages({ a: '1', b: '1' })),
    present(withPackages({ a: '2' })),
  )!;
  const all = [
    { notebook: 'a.ipynb', ok: true, written: false, stopped: false, cells: [], environment: report },
  ];
  expect(reportSchema.parse(reportOf('verify', 0, all)).notebooks[0]?.environment).toEqual({
    differences: [
      { kind: 'package', name: 'a', recorded: '1', found: '2' },
      { kind: 'package', name: 'b', recorded: '1' },
    ],
  });
});
