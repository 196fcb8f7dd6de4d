/** JUnit XML as CI systems read it: https://github.com/testmoapp/junitxml */
import { describeError } from '../../../kernel/errors.ts';
import { escapeMarkup } from '../../../kernel/markup.ts';
import { stripTerminal } from '../../../kernel/output/firewall/terminal.ts';
import type { CellReport } from '../run/cell-report.ts';
import type { Done } from './json.ts';
import { environmentLines } from './text.ts';

/** A test suite for each notebook, a test case for each of its code cells. */
export function junitXml(command: string, all: readonly Done[]): string {
  const suites = all.map(suite);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="replique ${command}">\n${suites.join('')}</testsuites>\n`;
}

function suite({ notebook, cells, problem, environment }: Done): string {
  const counted = (...statuses: CellReport['status'][]) =>
    cells.filter(({ status }) => statuses.includes(status)).length;
  const counts = attributes({
    name: notebook,
    tests: cells.length + (problem ? 1 : 0),
    failures: counted('failed', 'diverged'),
    errors: problem ? 1 : 0,
    skipped: counted('not-run'),
    time: seconds(cells.reduce((sum, { ms }) => sum + ms, 0)),
  });
  const cases = cells.map((cell) => testCase(notebook, cell));
  const broken =
    problem &&
    `    <testcase${attributes({ name: 'the notebook', classname: notebook })}>\n` +
      `      <error${attributes({ message: problem.message })}>${xml(describeError(problem, false))}</error>\n    </testcase>\n`;
  const told = environment ? environmentLines(environment) : '';
  const said = told === '' ? '' : `    <system-out>${xml(told)}</system-out>\n`;
  return `  <testsuite${counts}>\n${cases.join('')}${broken ?? ''}${said}  </testsuite>\n`;
}

function testCase(notebook: string, cell: CellReport): string {
  const name = `cell ${cell.index + 1}: ${cell.words}`;
  const head = `    <testcase${attributes({ name, classname: notebook, time: seconds(cell.ms) })}`;
  const inner = outcome(cell);
  return inner === undefined ? `${head}/>\n` : `${head}>\n      ${inner}\n    </testcase>\n`;
}

function outcome({ status, error, divergences }: CellReport): string | undefined {
  if (status === 'ok') return undefined;
  if (status === 'not-run') return '<skipped message="not run"/>';
  const message = divergences[0]?.what ?? (error ? `${error.ename}: ${error.evalue}` : status);
  const type = status === 'diverged' ? 'Diverged' : (error?.ename ?? 'Error');
  const details = divergences.map(({ what, diff, recorded, found }) =>
    [
      what,
      diff ?? [recorded && `recorded:\n${recorded}`, found && `found:\n${found}`].filter(Boolean).join('\n'),
    ].join('\n'),
  );
  const text = details.length > 0 ? details.join('\n\n') : message;
  return `<failure${attributes({ message, type })}>${xml(text)}</failure>`;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${xml(String(value)).replaceAll(/[\t\n]/g, ' ')}"`)
    .join('');

/** Text for XML 1.0, which can't hold control characters, lone surrogates, U+FFFE and U+FFFF. */
const xml = (text: string): string =>
  escapeMarkup(
    stripTerminal(text).replaceAll(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd'),
  );
