import packageJson from '../../package.json' with { type: 'json' };
import type { Environment } from '../environment/schema.ts';
import type { CellSummary, LoopEvent, TurnSummary } from '../loop/events.ts';
import type { IopubMessage } from './contract.ts';
import { escapeMarkup } from '../markup.ts';
import type { Redactor } from './firewall/redact.ts';
import { formatCost, formatCount, formatDuration, formatUsage, plural } from './format.ts';
import { displayData, markdownName, oneLine, withReplique } from './messages.ts';
import { mime } from './schema.ts';
import type { CellData, CellTape } from './schema.ts';

type Stop = Extract<LoopEvent, { type: 'stop' }>;

/**
 * The cell's last line: what it took, with each turn folded behind it.
 * @param said by the event that ends the cell; `conversation` is for the tape, and absent where it is not
 */
export function footerMessage(
  summary: CellSummary,
  redactor: Redactor,
  { conversation, environment, files }: Pick<Stop, 'conversation' | 'environment' | 'files'> = {},
): IopubMessage {
  const line = lineOf(summary);
  const rows = summary.turns.map((turn) => rowOf(turn, redactor));
  return displayData(
    {
      'text/html': html(line, rows),
      'text/markdown': markdown(line, summary.turns, redactor),
      'text/plain': `▸ ${line}`,
      [mime.cell]: redactor.json(cellData(summary)),
      ...(conversation !== undefined && { [mime.tape]: tapeOf(conversation) }),
    },
    withReplique({
      kind: 'cell',
      durationMs: summary.durationMs,
      turns: summary.turns.map(({ durationMs, helper }) => ({
        durationMs,
        ...(helper && { helperDurationMs: helper.durationMs }),
      })),
      ...(environment && { environment: redactor.json(environment) as Environment }),
      ...(files && { files: [...files] }),
    }),
  );
}

function lineOf({ turns, helpers, durationMs, usage, cost }: CellSummary): string {
  const tokens = usage.inputTokens + usage.outputTokens;
  return [
    plural(turns.length, 'turn'),
    ...(helpers === 0 ? [] : [plural(helpers, 'helper')]),
    formatDuration(durationMs),
    `${usage.estimated ? '≈ ' : ''}${formatCount(tokens)} tokens`,
    ...(cost === undefined || cost === 0 ? [] : [formatCost(cost)]),
  ].join(' · ');
}

/** The cells of one line of the timeline: turn, model, tokens, time, helper. */
function rowOf(turn: TurnSummary, redactor: Redactor): string[] {
  const { helper } = turn;
  return [
    `turn ${turn.turn}`,
    oneLine(turn.model, redactor),
    formatUsage(turn.usage),
    formatDuration(turn.durationMs),
    helper === undefined
      ? ''
      : `${oneLine(helper.lang, redactor)}: ${helper.status}, ${formatDuration(helper.durationMs)}`,
  ];
}

function html(line: string, rows: readonly string[][]): string {
  const body = rows
    .map(
      (row) =>
        `<tr>${row.map((cell) => `<td style="text-align: left">${escapeMarkup(cell)}</td>`).join('')}</tr>`,
    )
    .join('');
  return `<details><summary><small>${escapeMarkup(line)}</small></summary><table>${body}</table></details>`;
}

function markdown(line: string, turns: readonly TurnSummary[], redactor: Redactor): string {
  const items = turns.map(
    (turn) =>
      `- ${rowOf(turn, redactor)
        .filter(Boolean)
        .map((cell) => markdownName(cell, redactor))
        .join(' · ')}`,
  );
  return [`*▸ ${line.replace('<', '&lt;')}*`, ...(turns.length > 1 ? [items.join('\n')] : [])].join('\n\n');
}

const tapeOf = (conversation: string): CellTape => ({
  version: 1,
  replique: packageJson.version,
  conversation,
});

function cellData({ stop, turns, helpers, usage, cost }: CellSummary): CellData {
  return {
    version: 1,
    stop,
    turns: turns.map(({ turn, model, usage: used, helper }) => ({
      turn,
      model,
      usage: used,
      ...(helper && { helper: { lang: helper.lang, status: helper.status } }),
    })),
    helpers,
    usage,
    ...(cost !== undefined && { cost }),
  };
}
