import { showInvisible } from '../../../kernel/output/firewall/invisible.ts';
import { stripTerminal } from '../../../kernel/output/firewall/terminal.ts';
import { formatDuration, plural } from '../../../kernel/output/format.ts';
import { concernsCode, type EnvironmentReport } from '../environment/differences.ts';
import { listed, wordsOf } from '../environment/words.ts';
import type { Divergence } from '../notebook/replique-data.ts';
import type { CellReport, Mode } from '../run/cell-report.ts';

const marks = { ok: '✓', failed: '✗', diverged: '≠', 'not-run': '–' } as const;

/** Causes that the summary names. */
const mostCauses = 3;

/** Lines of a difference that are shown. */
const longestDiff = 40;

/** What came of one cell of a tape, as lines for a terminal. */
export function cellLines({ executionCount, words, status, ms, error, divergences }: CellReport): string {
  const label = `In [${executionCount ?? ' '}]`;
  const time = status === 'not-run' ? 'not run' : formatDuration(ms);
  const lines = [`  ${marks[status]} ${label}  ${safe(words)}  (${time})`];
  if (status === 'failed' && error) lines.push(`      ${safe(error.ename)}: ${safe(error.evalue)}`);
  if (status === 'diverged' && divergences.length === 0 && error) lines.push(`      ${safe(error.evalue)}`);
  for (const divergence of divergences)
    lines.push(...divergenceLines(divergence).map((line) => `      ${line}`));
  return `${lines.join('\n')}\n`;
}

/** One line of a text that a notebook or a model wrote. */
const safe = (text: string): string => showInvisible(stripTerminal(text)).split('\n')[0] ?? '';

function divergenceLines({ what, turn, helper, diff, recorded, found }: Divergence): string[] {
  const where = [turn === undefined ? [] : [`turn ${turn}`], helper === undefined ? [] : [`helper ${helper}`]]
    .flat()
    .join(', ');
  const head = where === '' ? safe(what) : `${safe(what)} (${where})`;
  const difference = diff?.split('\n') ?? [
    ...(recorded?.split('\n').map((line) => `- ${line}`) ?? []),
    ...(found?.split('\n').map((line) => `+ ${line}`) ?? []),
  ];
  const more = difference.length - longestDiff;
  return [
    head,
    ...difference.slice(0, longestDiff).map((line) => `  ${safe(line)}`),
    ...(more > 0 ? [`  [${plural(more, 'more line')}]`] : []),
  ];
}

/** How the environment is another one than recorded; nothing where it is the same. */
export function environmentLines({ differences, problem }: EnvironmentReport): string {
  const unknown =
    problem === undefined
      ? ''
      : `  ! Whether the environment is as recorded is not known: ${safe(problem)}\n`;
  if (differences.length === 0) return unknown;
  const more = differences.length - longestDiff;
  return [
    '  ! The environment is not the recorded one:',
    ...differences.slice(0, longestDiff).map((difference) => `      ${wordsOf(difference)}`),
    ...(more > 0 ? [`      [${plural(more, 'more difference')}]`] : []),
    unknown,
  ].join('\n');
}

/** What came of a tape, in one line. */
export function summaryLine(
  mode: Mode,
  cells: readonly CellReport[],
  environment?: EnvironmentReport,
): string {
  const counted = (status: CellReport['status']) => cells.filter((cell) => cell.status === status);
  const as = mode === 'run' ? 'ran well' : 'as recorded';
  const first = counted('diverged')[0];
  const causes = environment?.differences.filter((one) => one.isBinding && concernsCode(one)) ?? [];
  const parts = [
    `${counted('ok').length} of ${plural(cells.length, 'cell')} ${as}`,
    ...(counted('failed').length > 0 ? [`${counted('failed').length} failed`] : []),
    ...(counted('not-run').length > 0 ? [`${counted('not-run').length} not run`] : []),
    ...(first ? [`the first divergence is in In [${first.executionCount ?? ' '}]: ${whatOf(first)}`] : []),
    ...(first && causes.length > 0 ? [`the environment may be why: ${listed(causes, mostCauses)}`] : []),
  ];
  return `${parts.join('; ')}\n`;
}

const whatOf = ({ divergences, error, words }: CellReport): string =>
  safe(divergences[0]?.what ?? error?.evalue ?? words);
