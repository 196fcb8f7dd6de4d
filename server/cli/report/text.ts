import { showInvisible } from '../../../kernel/output/firewall/invisible.ts';
import { stripTerminal } from '../../../kernel/output/firewall/terminal.ts';
import { formatDuration, plural } from '../../../kernel/output/format.ts';
import type { Divergence } from '../notebook/replique-data.ts';
import type { CellReport, Mode } from '../run/cell-report.ts';

const marks = { ok: '✓', failed: '✗', diverged: '≠', 'not-run': '–' } as const;

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

/** What came of a tape, in one line. */
export function summaryLine(mode: Mode, cells: readonly CellReport[]): string {
  const counted = (status: CellReport['status']) => cells.filter((cell) => cell.status === status);
  const as = mode === 'run' ? 'ran well' : 'as recorded';
  const first = counted('diverged')[0];
  const parts = [
    `${counted('ok').length} of ${plural(cells.length, 'cell')} ${as}`,
    ...(counted('failed').length > 0 ? [`${counted('failed').length} failed`] : []),
    ...(counted('not-run').length > 0 ? [`${counted('not-run').length} not run`] : []),
    ...(first ? [`the first divergence is in In [${first.executionCount ?? ' '}]: ${whatOf(first)}`] : []),
  ];
  return `${parts.join('; ')}\n`;
}

const whatOf = ({ divergences, error, words }: CellReport): string =>
  safe(divergences[0]?.what ?? error?.evalue ?? words);
