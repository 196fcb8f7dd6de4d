import { formatCost, formatCount } from '../../../kernel/output/format.ts';
import type { SessionState } from '../../../kernel/overview/sessions.ts';
import type { UsageRow } from '../../../kernel/overview/usage.ts';
import { html, type Html } from './html.ts';

/** A column: its name, and what a row has there. */
export interface Column<T> {
  readonly name: string;
  readonly kind?: 'main' | 'number';
  readonly of: (row: T) => Html | string | number | undefined;
}

/** A table, or a sentence where it would be empty. */
export function table<T>(
  caption: string,
  columns: readonly Column<T>[],
  rows: readonly T[],
  { empty, isAside = () => false }: { readonly empty: string; readonly isAside?: (row: T) => boolean },
): Html {
  if (rows.length === 0) return html`<p class="soft">${empty}</p>`;
  const head = columns.map(({ name, kind }) => html`<th scope="col" class="${kind}">${name}</th>`);
  const lines = rows.map((row) => {
    const cells = columns.map(
      ({ name, kind, of }) => html`<td class="${kind}" data-label="${name}">${of(row)}</td>`,
    );
    return html`<tr${isAside(row) ? html` class="aside"` : undefined}>${cells}</tr>
`;
  });
  return html`<table aria-label="${caption}">
    <thead>
      <tr>
        ${head}
      </tr>
    </thead>
    <tbody>
      ${lines}
    </tbody>
  </table>`;
}

/** A row of facts. */
export function facts(entries: readonly (readonly [name: string, value: Html | string])[]): Html {
  const parts = entries.map(
    ([name, value]) =>
      html`<div>
        <dt>${name}</dt>
        <dd>${value}</dd>
      </div>`,
  );
  return html`<dl class="facts">${parts}</dl>`;
}

const states: Readonly<Record<SessionState, readonly [style: string, text: string]>> = {
  running: ['good', '● running'],
  ended: ['soft', '○ ended'],
  restarted: ['soft', '↻ restarted'],
  lost: ['warn', '! lost'],
};

export function stateMark(state: SessionState): Html {
  const [style, text] = states[state];
  return html`<span class="state ${style}">${text}</span>`;
}

/** A time as everybody reads it, in the server's time zone. */
export function time(at: number | string | undefined): Html | undefined {
  if (at === undefined) return undefined;
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return undefined;
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return html`<time datetime="${date.toISOString()}">${day} ${clock}</time>`;
}

export const tokens = ({
  inputTokens,
  outputTokens,
}: Pick<UsageRow, 'inputTokens' | 'outputTokens'>): string =>
  `${formatCount(inputTokens)} → ${formatCount(outputTokens)}`;

/** What it cost; where no price is known of some calls, that it was at least so much. */
export function cost({ dollars, unpriced, calls }: Pick<UsageRow, 'dollars' | 'unpriced' | 'calls'>): string {
  if (unpriced === calls && calls > 0) return 'no price';
  return `${unpriced > 0 ? '≥ ' : ''}${formatCost(dollars)}`;
}

export interface Bar {
  readonly value: number;
  readonly isFailed?: boolean;
  readonly label: string;
}

/** Bars beside one another; what they show is in a table, too. */
export function chart(title: string, bars: readonly Bar[]): Html | undefined {
  const most = Math.max(0, ...bars.map(({ value }) => value));
  if (most === 0) return undefined;
  const [width, height] = [1000, 100];
  const step = width / Math.max(bars.length, 12);
  const shapes = bars.map(({ value, isFailed, label }, at) => {
    const tall = Math.max(1, (value / most) * (height - 4));
    const mark = isFailed ? html` class="failed"` : undefined;
    const [x, y] = [(at * step).toFixed(1), (height - tall).toFixed(1)];
    return html`<rect x="${x}" y="${y}" width="${(step * 0.8).toFixed(1)}" height="${tall.toFixed(1)}" ${mark}
      ><title>${label}</title></rect
    >`;
  });
  return html`<svg
    class="chart"
    viewBox="0 0 ${width} ${height}"
    preserveAspectRatio="none"
    role="img"
    aria-label="${title}"
  >
    ${shapes}
  </svg>`;
}
