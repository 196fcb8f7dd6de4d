import { describe, expect, it } from 'vitest';
import type { Format } from '../../../server/cli/export/contract.ts';
import { html } from '../../../server/cli/export/html.ts';
import { md } from '../../../server/cli/export/md.ts';
import { py } from '../../../server/cli/export/py.ts';
import { trace } from '../../../server/cli/export/trace.ts';
import { pixelsOf } from '../../../server/cli/notebook/images.ts';
import { readNotebook } from '../../../server/cli/notebook/read.ts';
import { renderNotebook } from '../../../server/cli/show/render.ts';
import {
  codeCell,
  markdownCell,
  outputsOfTurns,
  printed,
  saveNotebook,
} from '../../support/saved-session.ts';
import { temporaryDirectory } from './temporary.ts';

const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6BAAAAFElEQVR4nGP8z8Dwn4GBgYGJAQoAHxcCAk+Uzr4AAAAASUVORK5CYII=';
const gif = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
const jpeg = `/9j/4AAQSkZJRgABAQAAAQABAAD/wAARCAAQACADASIAAhEBAxEB`;

const shown = (data: Record<string, unknown>, metadata = {}) => ({
  output_type: 'display_data',
  data,
  metadata,
});
const read = (...cells: unknown[]) => readNotebook(saveNotebook(temporaryDirectory(), cells));
const exported = async (format: Format, ...cells: unknown[]) => format.write(await read(...cells));

async function rendered(cells: readonly unknown[], { width = 80, colours = false } = {}): Promise<string> {
  const { notebook } = await read(...cells);
  return [...renderNotebook(notebook, { width, colours })].join('');
}

const session = [
  markdownCell('# Title'),
  codeCell(
    'How many?',
    1,
    outputsOfTurns([
      {
        text: 'I look.',
        helper: { lang: 'python', code: 'n = 6 * 7\nprint(n)' },
        outputs: [printed('42\n')],
      },
      { text: 'It is **42**.' },
    ]),
  ),
  codeCell('%%python\nimport sys; sys.exit(3)', 2, [
    { output_type: 'error', ename: 'SystemExit', evalue: '3', traceback: ['SystemExit: 3'] },
  ]),
];

describe('a session shown in the terminal', () => {
  it('has prompts, turns, code of helpers, results and footer', async () => {
    const text = await rendered(session);
    const parts = [
      '# Title',
      'In [1]: How many?',
      '```python\nn = 6 * 7',
      '42',
      'It is **42**.',
      '▸ footer',
      'SystemExit: 3',
    ];
    const places = parts.map((part) => text.indexOf(part));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it('steers no terminal, whatever the notebook holds', async () => {
    const evil = '\u001b]0;title\u0007\u001b[2J\u009b1A\u001bPq\u001b\\\b\bseen\r\u202eback\u001b[31mred';
    const cells = [
      markdownCell(evil),
      codeCell(evil, 1, [
        printed(`${evil}\n`),
        shown({ 'text/plain': evil }),
        { output_type: 'error', ename: evil, evalue: evil, traceback: [] },
        { output_type: 'execute_result', data: { 'text/markdown': evil }, metadata: {}, execution_count: 1 },
      ]),
    ];
    const plain = await rendered(cells);
    expect(plain).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
    expect(plain).toContain('⟦U+202E⟧back');
    const coloured = await rendered(cells, { colours: true });
    expect(coloured.replaceAll(/\u001b\[[0-9;]*m/g, '')).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  });

  it('shows images by type and size, and says where there is nothing to read', async () => {
    const text = await rendered([
      codeCell('x', 1, [shown({ 'image/png': png }), shown({ 'application/x-unknown': {} }), { broken: 1 }]),
    ]);
    expect(text).toContain('[image/png, 2 × 3, 77 B]');
    expect(text).toContain('[1 output without a text form]');
    expect(pixelsOf(gif)).toBe('1 × 1');
    expect(pixelsOf(jpeg)).toBe('32 × 16');
    expect(pixelsOf('bm90IGFuIGltYWdl')).toBeUndefined();
  });

  it('breaks prose at the width of the terminal, and leaves code as it is', async () => {
    const long = 'word '.repeat(30).trim();
    const text = await rendered(
      [markdownCell(`- ${long}\n\`\`\`\n${long}\n\`\`\``), codeCell(long, 1, [printed(long)])],
      { width: 40 },
    );
    const lines = text.split('\n');
    expect(lines.filter((line) => line.length > 40)).toEqual([long, long]);
    expect(lines[1]).toMatch(/^ {2}word/);
    expect(lines.find((line) => line.startsWith('In [1]'))).toHaveLength(37);
  });

  it('shows of a line that was written over what stood there last', async () => {
    const text = await rendered([codeCell('x', 1, [printed('10 %\r55 %\r100 %\r\ndone')])]);
    expect(text).toContain('\n100 %\ndone');
  });
});

describe('a session as Markdown', () => {
  it('has prompts as quotations, code in fences, images in place', async () => {
    const text = await exported(
      md,
      ...session,
      codeCell('# not a heading\n1. nor a list', 3, [shown({ 'image/png': png })]),
    );
    expect(text).toContain('**In [1]:**\n\n> How many?');
    expect(text).toContain('```python\nn = 6 * 7\nprint(n)\n```');
    expect(text).toContain('```text\n42\n```');
    expect(text).toContain('> \\# not a heading  \n> 1\\. nor a list');
    expect(text).toContain(`![image/png](data:image/png;base64,${png})`);
  });
});

describe('a session as a page', () => {
  it('has a policy without scripts and nothing that would be loaded', async () => {
    const text = await exported(
      html,
      ...session,
      codeCell('<script>alert(1)</script>', 3, [
        shown({ 'text/html': '<b>table</b><script src="https://example.org/x.js"></script>' }),
        shown({ 'text/html': '<div id="x"></div><script>draw()</script>', 'text/plain': 'Figure' }),
      ]),
    );
    expect(text).toMatch(
      /http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; [^"]*"/,
    );
    expect(text).not.toMatch(/<script|<iframe|script-src/);
    expect(text).toContain('<p>It is <strong>42</strong>.</p>');
    expect(text).toContain('<b>table</b>');
    expect(text).toContain('<pre>Figure</pre>');
    expect(text).toContain('prefers-color-scheme: dark');
  });
});

describe('a session as OpenTelemetry spans', () => {
  interface Span {
    spanId: string;
    parentSpanId?: string;
    name: string;
    startTimeUnixNano: string;
    endTimeUnixNano: string;
    attributes: { key: string; value: Record<string, unknown> }[];
    status: object;
  }
  const spansOf = (text: string) =>
    (JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }).resourceSpans[0]!
      .scopeSpans[0]!.spans;
  const value = (span: Span, key: string) => span.attributes.find((one) => one.key === key)?.value;

  it('has a span for the prompt, its turns and its helpers, with what they used', async () => {
    const spans = spansOf(await exported(trace, ...session));
    expect(spans.map(({ name }) => name)).toEqual([
      'invoke_agent replique',
      'chat script',
      'execute_tool python',
      'chat script',
    ]);
    const [whole, first, tool, last] = spans as [Span, Span, Span, Span];
    expect(value(whole, 'gen_ai.usage.input_tokens')).toEqual({ intValue: '200' });
    expect(value(first, 'gen_ai.provider.name')).toEqual({ stringValue: 'mock' });
    expect(value(first, 'replique.cost')).toEqual({ doubleValue: 0.25 });
    expect(value(tool, 'gen_ai.tool.call.arguments')).toEqual({
      stringValue: '{"code":"n = 6 * 7\\nprint(n)"}',
    });
    expect(value(tool, 'gen_ai.tool.call.result')).toEqual({ stringValue: '42\n' });
    for (const child of [first, tool, last]) expect(child.parentSpanId).toBe(whole.spanId);
    expect([first.endTimeUnixNano, tool.endTimeUnixNano]).toEqual([
      tool.startTimeUnixNano,
      last.startTimeUnixNano,
    ]);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(4);
  });

  it('has ids that depend on the content alone, and errors of helpers', async () => {
    const failing = codeCell(
      'Try',
      1,
      outputsOfTurns([
        { text: 'x', helper: { lang: 'bash', code: 'exit 1', status: 'error' } },
        { text: 'No.' },
      ]),
    );
    const [one, two, other] = await Promise.all([
      exported(trace, failing),
      exported(trace, failing),
      exported(trace, ...session),
    ]);
    expect(one).toBe(two);
    expect(spansOf(one)[0]!.spanId).not.toBe(spansOf(other)[0]!.spanId);
    expect(value(spansOf(one)[2]!, 'error.type')).toEqual({ stringValue: 'error' });
    expect(spansOf(one)[2]!.status).toMatchObject({ code: 2 });
  });

  it('begins when the client noted that the cell began', async () => {
    const cell = {
      ...codeCell('x', 1, outputsOfTurns([{ text: 'y' }])),
      metadata: { execution: { 'iopub.execute_input': '2026-01-02T03:04:05.678Z' } },
    };
    expect(spansOf(await exported(trace, cell))[0]!.startTimeUnixNano).toBe('1767323045678000000');
  });
});

describe('a session as a script', () => {
  it('says what it leaves out, and runs nothing that was stopped', async () => {
    const stopped = { text: 'x', helper: { lang: 'python', code: 'while True: pass', status: 'timeout' } };
    const newer = {
      output_type: 'display_data',
      data: { 'application/vnd.replique.turn+json': { version: 2 } },
      metadata: {},
    };
    const text = await exported(
      py,
      codeCell(
        'Loop',
        1,
        outputsOfTurns([stopped, { text: 'x', helper: { lang: 'deno', code: 'let a' } }, { text: 'end' }]),
      ),
      codeCell('New', 2, [newer]),
    );
    expect(text).toContain('# In [1], helper of turn 1 (was stopped)\n# while True: pass');
    expect(text).toContain("in deno, which this script can't run\n# let a");
    expect(text).toContain('# 1 turns of a newer format are left out here.');
  });
});
