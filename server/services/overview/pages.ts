import { formatCost, formatCount, formatDuration, plural } from '../../../kernel/output/format.ts';
import type { SandboxRecord } from '../../../kernel/overview/sandbox.ts';
import type { SessionEntry } from '../../../kernel/overview/sessions.ts';
import type { Timeline, TimelineCell } from '../../../kernel/overview/timeline.ts';
import type { UsageRow } from '../../../kernel/overview/usage.ts';
import type { CheckReport } from '../../../kernel/protocol/setup.ts';
import { foreign, html, type Html } from './html.ts';
import type { Page } from './layout.ts';
import { chart, cost, facts, stateMark, table, time, tokens, type Column } from './parts.ts';

/** What one page shows of a session. */
export interface SessionView {
  readonly entry: SessionEntry;
  readonly usage: UsageRow | undefined;
}

const nameOf = ({ title, session }: SessionEntry): string => title.trim() || session;

/** All sessions. */
export function sessionsPage(
  baseUrl: string,
  views: readonly SessionView[],
  today: UsageRow | undefined,
): Page {
  const running = views.filter(({ entry }) => entry.state === 'running').length;
  const columns: readonly Column<SessionView>[] = [
    {
      name: 'Session',
      kind: 'main',
      of: ({ entry }) =>
        html`<a href="${baseUrl}replique/sessions/${entry.session}">${foreign(nameOf(entry))}</a>
          ${entry.notebook === undefined ? undefined : html`<br /><span class="soft">${foreign(entry.notebook)}</span>`}`,
    },
    { name: 'State', of: ({ entry }) => stateMark(entry.state) },
    { name: 'Model', of: ({ entry }) => (entry.model === undefined ? '–' : foreign(entry.model)) },
    { name: 'Prompts', kind: 'number', of: ({ entry }) => formatCount(entry.prompts) },
    { name: 'Tokens', kind: 'number', of: ({ usage }) => (usage ? tokens(usage) : '–') },
    { name: 'Cost', kind: 'number', of: ({ usage }) => (usage ? cost(usage) : '–') },
    { name: 'Last turn', of: ({ entry, usage }) => time(usage?.lastAt ?? entry.at) },
  ];
  const empty = 'No prompt has been answered yet. Sessions appear here with their first prompt.';
  return {
    ...{ title: 'Sessions', current: 'sessions', isLive: true },
    body: html`${facts([
      ['Running now', String(running)],
      ['Tokens today', today ? tokens(today) : '0'],
      ['Cost today', today ? cost(today) : formatCost(0)],
    ])}${table('Sessions', columns, views, { empty })}`,
  };
}

export interface SessionDetails extends SessionView {
  readonly timeline: Timeline | { readonly problem: string } | undefined;
  readonly sandbox: SandboxRecord | undefined;
}

/** One session: its timeline, its branches, its sandbox. */
export function sessionPage({ entry, usage, timeline, sandbox }: SessionDetails): Page {
  return {
    ...{ title: nameOf(entry), current: 'sessions', isLive: entry.state === 'running' },
    body: html`<p class="soft">${entry.notebook === undefined ? entry.session : foreign(entry.notebook)}</p>
      ${facts([
        ['State', stateMark(entry.state)],
        ['Model', entry.model === undefined ? '–' : foreign(entry.model)],
        ['Prompts', formatCount(entry.prompts)],
        ['Tokens', usage ? tokens(usage) : '–'],
        ['Cost', usage ? cost(usage) : '–'],
        ['Last turn', time(usage?.lastAt ?? entry.at) ?? '–'],
      ])}
      <h2>Timeline</h2>
      ${timelinePart(timeline)}
      <h2>Sandbox</h2>
      ${sandboxPart(sandbox)}`,
  };
}

function timelinePart(timeline: SessionDetails['timeline']): Html {
  if (timeline === undefined) return html`<p class="soft">This session has no timeline on the disk.</p>`;
  if ('problem' in timeline)
    return html`<p class="warn">The timeline can’t be shown: ${timeline.problem}.</p>`;
  const { cells, count, branches } = timeline;
  const label = (cell: TimelineCell): string =>
    `In [${cell.executionCount}]: ${formatCount(cell.tokens)} tokens`;
  const bars = cells.map((cell) => ({ value: cell.tokens, isFailed: cell.failed, label: label(cell) }));
  const columns: readonly Column<TimelineCell>[] = [
    {
      name: 'Cell',
      kind: 'main',
      of: ({ executionCount, words }) => html`[${executionCount}] ${foreign(words)}`,
    },
    { name: 'Turns', kind: 'number', of: ({ kind, turns }) => (kind === 'prompt' ? turns : '–') },
    {
      name: 'Helpers',
      kind: 'number',
      of: ({ helpers, failedHelpers }) =>
        failedHelpers === 0 ? helpers : html`${helpers} <span class="bad">(${failedHelpers} failed)</span>`,
    },
    {
      name: 'Tokens',
      kind: 'number',
      of: (cell) => (cell.kind === 'prompt' ? formatCount(cell.tokens) : '–'),
    },
    { name: 'Cost', kind: 'number', of: (cell) => (cell.cost === undefined ? '–' : formatCost(cell.cost)) },
    { name: 'Time', kind: 'number', of: ({ ms }) => (ms === undefined ? '–' : formatDuration(ms)) },
    {
      name: 'Result',
      of: ({ failed, current }) =>
        html`${failed ? html`<span class="bad">failed</span>` : 'done'}${current ? undefined : ', on another branch'}`,
    },
  ];
  const cut =
    count > cells.length ? html`<p class="soft">The last ${cells.length} of ${count} cells.</p>` : undefined;
  return html`${chart('Tokens of each cell, in order', bars)}${cut}
    ${table('Cells', columns, cells, { empty: 'No cell has run.', isAside: ({ current }) => !current })}
    <h2>Branches</h2>
    ${table(
      'Branches',
      [
        {
          name: 'Branch',
          kind: 'main',
          of: ({ name, current }) => html`${foreign(name)}${current ? ' (current)' : ''}`,
        },
        { name: 'Cells', kind: 'number', of: (branch) => branch.cells },
      ],
      branches,
      { empty: 'There is one way only.' },
    )}`;
}

const limitNames: Readonly<Record<string, readonly [name: string, show: (value: number) => string]>> = {
  memoryBytes: ['Memory', megabytes],
  processes: ['Processes', formatCount],
  openFiles: ['Open files', formatCount],
  fileBytes: ['Largest file', megabytes],
  cpuSeconds: ['Processor time', (value) => `${formatCount(value)} s`],
  diskBytes: ['Disk', megabytes],
  newFiles: ['New files', formatCount],
};

function megabytes(value: number): string {
  return `${formatCount(value / 2 ** 20)} MB`;
}

function sandboxPart(sandbox: SandboxRecord | undefined): Html {
  if (sandbox === undefined) return html`<p class="soft">There is no audit of this session.</p>`;
  const limits = Object.entries(limitNames).flatMap(([key, [name, show]]) => {
    const value = sandbox.limits[key];
    return value === undefined ? [] : [[name, show(value)] as const];
  });
  const around =
    sandbox.sandbox === 'none'
      ? html`<span class="bad">none: code runs unprotected</span>`
      : (sandbox.sandbox ?? '–');
  const cut = sandbox.isCut
    ? html`<p class="soft">
        Only the beginning of the audit was read. \`replique audit show\` has all of it.
      </p>`
    : undefined;
  return html`${facts([
      ['Sandbox', around],
      ['Profile', foreign(sandbox.profile ?? 'as configured')],
      [
        'Hosts allowed',
        sandbox.hosts.length === 0 ? 'as configured' : foreign(sandbox.hosts.slice(0, 20).join(', ')),
      ],
      ['Pieces of code', formatCount(sandbox.runs)],
      ...limits,
    ])}
    <h2>Refusals</h2>
    ${cut}
    ${table(
      'Refusals',
      [
        {
          name: 'What',
          kind: 'main',
          of: ({ what, detail }) => html`<strong>${what}</strong> ${foreign(detail)}`,
        },
        { name: 'When', of: ({ at }) => time(at) },
      ],
      sandbox.refusals,
      { empty: 'Nothing was refused.' },
    )}${sandbox.refused > sandbox.refusals.length ? html`<p class="soft">The last ones of ${plural(sandbox.refused, 'refusal')}.</p>` : undefined}`;
}

export interface UsageView {
  readonly days: number;
  readonly byDay: readonly UsageRow[];
  readonly byModel: readonly UsageRow[];
  readonly byNotebook: readonly UsageRow[];
}

/** What was used, by day, model and notebook. */
export function usagePage({ days, byDay, byModel, byNotebook }: UsageView): Page {
  const columns = (name: string): readonly Column<UsageRow>[] => [
    { name, kind: 'main', of: (row) => foreign(row.name || 'without a notebook') },
    { name: 'Calls', kind: 'number', of: ({ calls }) => formatCount(calls) },
    { name: 'Tokens', kind: 'number', of: tokens },
    { name: 'Cost', kind: 'number', of: cost },
  ];
  const empty = 'Nothing was used in this time.';
  const bars = byDay.toReversed().map((row) => ({
    value: row.inputTokens + row.outputTokens,
    label: `${row.name}: ${tokens(row)} tokens`,
  }));
  return {
    ...{ title: 'Usage', current: 'usage', isLive: true },
    body: html`<p class="soft">The last ${days} days. Tokens are input → output.</p>
      ${chart('Tokens of each day, in order', bars)}
      <h2>By day</h2>
      ${table('By day', columns('Day'), byDay, { empty })}
      <h2>By model</h2>
      ${table('By model', columns('Model'), byModel, { empty })}
      <h2>By notebook</h2>
      ${table('By notebook', columns('Notebook'), byNotebook, { empty })}`,
  };
}

/** The system check: a button, and what the last one has found. */
export function checkPage(
  action: string,
  found: CheckReport | { readonly problem: string } | undefined,
): Page {
  return {
    ...{ title: 'System check', current: 'check' },
    body: html`<p>
        Looks at Node, Python, the sandbox, the model and the disk. The model is asked for one token.
      </p>
      <form method="post" action="${action}"><button>Run the check</button></form>
      ${found && checkResult(found)}`,
  };
}

function checkResult(found: CheckReport | { readonly problem: string }): Html {
  if ('problem' in found) return html`<p class="bad" role="status">${found.problem}</p>`;
  const verdict = found.ok
    ? html`<p class="good" role="status">Ready.</p>`
    : html`<p class="bad" role="status">The main job can’t run until what is missing is mended.</p>`;
  return html`${verdict}${table(
    'System check',
    [
      {
        name: 'What',
        kind: 'main',
        of: ({ name, detail }) => html`<strong>${name}</strong> ${foreign(detail)}`,
      },
      {
        name: 'State',
        of: ({ ok, needed }) =>
          ok
            ? html`<span class="good">✓ there</span>`
            : needed
              ? html`<span class="bad">✗ missing</span>`
              : 'not needed',
      },
      { name: 'Remedy', of: ({ ok, remedy }) => (ok || remedy === undefined ? '' : foreign(remedy)) },
    ],
    found.lines,
    { empty: 'It has said nothing.' },
  )}`;
}
