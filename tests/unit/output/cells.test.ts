import { describe, expect, it } from 'vitest';
import { cellSchema, metadataSchema, mime } from '../../../kernel/output/schema.ts';
import { recordCell, secret, summary, usage } from './recorder.ts';

const table = { 'text/html': '<table class="dataframe"><tr><td>1</td></tr></table>', 'text/plain': '1' };

describe('a code cell', () => {
  it('ends with an execute_result that has the cell’s number', () => {
    const cell = recordCell();
    cell.code({ kind: 'result', data: table, metadata: { trusted: true } });
    expect(cell.messages).toEqual([
      { msg_type: 'execute_result', content: { execution_count: 3, data: table, metadata: {} } },
    ]);
  });

  it('fails as in Jupyter', () => {
    const cell = recordCell();
    cell.code({
      kind: 'error',
      error: { ename: 'E', evalue: secret, traceback: ['\u001b[31ma\nb', '\u001b[2Jc'] },
    });
    expect(cell.messages).toEqual([
      {
        msg_type: 'error',
        content: { ename: 'E', evalue: '[redacted]', traceback: ['\u001b[31ma', 'b', 'c'] },
      },
    ]);
  });

  it('shows, updates and clears as in Jupyter', () => {
    const cell = recordCell();
    const metadata = {};
    cell.code(
      { kind: 'display', data: table, metadata },
      { kind: 'stream', name: 'stderr', text: 'careful' },
      { kind: 'display', data: table, metadata, displayId: 'x' },
    );
    cell.code(
      { kind: 'update_display', data: table, metadata, displayId: 'x' },
      { kind: 'clear_output', wait: true },
    );
    expect(cell.types()).toEqual([
      'display_data',
      'stream',
      'display_data',
      'update_display_data',
      'clear_output',
    ]);
    expect(cell.messages[0]?.content).toEqual({ data: table, metadata: {}, transient: {} });
    expect(cell.messages[4]?.content).toEqual({ wait: true });
  });

  it('is told what was dropped, once', () => {
    const cell = recordCell();
    const script = {
      kind: 'display',
      data: { 'application/javascript': 'x', 'text/plain': 'js' },
      metadata: {},
    } as const;
    cell.code(script, script, { ...script, kind: 'result' });
    expect(cell.types()).toEqual(['display_data', 'display_data', 'display_data', 'execute_result']);
    expect(cell.messages[1]?.content.data['text/plain']).toMatch(/^JavaScript is not shown/);
  });

  it('leaves out images that are more than a cell may hold, with the numbers', () => {
    const cell = recordCell();
    const data = { 'image/png': `iVBORw0KGgoA${'A'.repeat(3_999_988)}` };
    cell.code(...Array.from({ length: 10 }, () => ({ kind: 'display', data, metadata: {} }) as const));
    expect(cell.outputs().length).toBe(8);
    expect(cell.outputs()[7]?.content.data['text/plain']).toBe(
      'Outputs were left out: 7 are shown, 3 more are not.',
    );
  });
});

describe('a page', () => {
  it('is Markdown and text', () => {
    const cell = recordCell();
    cell.emit({ type: 'page', markdown: `# Help\n<b>${secret}`, text: 'Help\u0007' });
    expect(cell.messages).toEqual([
      {
        msg_type: 'display_data',
        content: {
          data: { 'text/markdown': '# Help\n&lt;b>[redacted]', 'text/plain': 'Help' },
          metadata: {},
          transient: {},
        },
      },
    ]);
  });
});

describe('the end of a cell', () => {
  const turns = [
    {
      turn: 1,
      model: 'm<i>',
      usage,
      durationMs: 1900,
      helper: { lang: 'python', status: 'ok', durationMs: 300 },
    },
    { turn: 2, model: 'm<i>', usage, durationMs: 65_000 },
  ] as const;

  it('is one line with the timeline folded behind it', () => {
    const cell = recordCell();
    cell.emit({ type: 'stop', summary: summary({ turns, helpers: 1, durationMs: 66_000, cost: 0.0011 }) });
    const { data, metadata } = cell.messages[0]!.content;
    const line = '2 turns · 1 helper · 1 min 6 s · 508 tokens · $0.0011';
    expect(data['text/plain']).toBe(`▸ ${line}`);
    expect(data['text/html']).toContain(`<details><summary><small>${line}</small></summary>`);
    expect(data['text/html']).toContain('m&lt;i&gt;');
    expect(data['text/markdown']).toBe(
      `*▸ ${line}*\n\n- turn 1 · m&#60;i&#62; · 412 → 96 tokens · 1.9 s · python: ok, 0.3 s\n- turn 2 · m&#60;i&#62; · 412 → 96 tokens · 1 min 5 s`,
    );
    expect(cellSchema.parse(data[mime.cell])).toMatchObject({ stop: 'final', helpers: 1, cost: 0.0011 });
    expect(JSON.stringify(data[mime.cell])).not.toContain('durationMs');
    expect(metadataSchema.parse(metadata.replique)).toEqual({
      kind: 'cell',
      durationMs: 66_000,
      turns: [{ durationMs: 1900, helperDurationMs: 300 }, { durationMs: 65_000 }],
    });
    expect(cell.types()).toEqual(['display_data']);
  });

  it('says what is estimated and what is nearly free', () => {
    const cell = recordCell();
    const estimated = { ...usage, inputTokens: 1_234_000, estimated: true };
    cell.emit({ type: 'stop', summary: summary({ usage: estimated, cost: 0.00001 }) });
    expect(cell.messages[0]?.content.data['text/plain']).toBe(
      '▸ 1 turn · 2.0 s · ≈ 1 234 096 tokens · < $0.0001',
    );
    expect(cell.messages[0]?.content.data['text/markdown']).toContain('&lt; $0.0001');
  });

  it('is an error after the outputs for every reason but a final answer', () => {
    const cell = recordCell();
    cell.emit({ type: 'turn-start', turn: 1, provider: 'p', model: 'm' });
    cell.emit({
      type: 'stop',
      summary: summary({ stop: 'provider' }),
      problem: {
        ename: 'ProviderError',
        sentence: `Key ${secret} is\nnot valid.`,
        remedy: 'Set `GROQ_API_KEY`.',
      },
    });
    expect(cell.types()).toEqual(['display_data', 'update_display_data', 'display_data', 'error']);
    expect(cell.messages.at(-1)?.content).toEqual({
      ename: 'ProviderError',
      evalue: 'Key [redacted] is not valid.',
      traceback: ['\u001b[31mProviderError\u001b[0m: Key [redacted] is not valid.', '→ Set `GROQ_API_KEY`.'],
    });
  });

  it('has no footer where no turn was taken', () => {
    const cell = recordCell();
    cell.emit({
      type: 'stop',
      summary: summary({ turns: [], stop: 'provider' }),
      problem: { ename: 'ProviderError', sentence: 'No provider.', remedy: '' },
    });
    expect(cell.types()).toEqual(['error']);
    expect(cell.messages[0]?.content['traceback']).toEqual([
      '\u001b[31mProviderError\u001b[0m: No provider.',
    ]);
  });
});
