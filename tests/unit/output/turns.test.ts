import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { metadataSchema, mime, turnSchema } from '../../../kernel/output/schema.ts';
import { record, recordCell, secret, summary, usage } from './recorder.ts';

const start = (turn = 1, model = 'qwen2.5-coder:7b') =>
  ({ type: 'turn-start', turn, provider: 'ollama', model }) as const;
const prose = (text: string, turn = 1) => ({ type: 'prose', turn, text }) as const;
const code = (text: string, lang = 'python', turn = 1) => ({ type: 'code', turn, lang, text }) as const;
const end = (overrides: Parameters<typeof record>[0] = {}, turn = 1) =>
  ({ type: 'turn-end', turn, record: record(overrides), durationMs: 1900 }) as const;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a turn', () => {
  it('appears at once, follows the stream, and ends with its record', () => {
    const cell = recordCell();
    cell.emit(start());
    expect(cell.messages[0]?.content.data['text/plain']).toBe('turn 1 · qwen2.5-coder:7b');
    cell.emit(prose("I'll look "), prose('first.\n'));
    vi.advanceTimersByTime(60);
    expect(cell.messages.at(-1)?.content.data['text/plain']).toBe(
      "turn 1 · qwen2.5-coder:7b\nI'll look first.",
    );
    cell.emit(code('print('), code('1)\n'), end());
    const last = cell.messages.at(-1)?.content;
    expect(last?.data['text/markdown']).toBe(
      "*turn 1 · qwen2.5-coder:7b · 412 → 96 tokens · 1.9 s*\n\nI'll look first.\n\n```python\nprint(1)\n```",
    );
    expect(turnSchema.parse(last?.data[mime.turn])).toEqual(record());
    expect(metadataSchema.parse(last?.metadata.replique)).toEqual({
      kind: 'turn',
      turn: 1,
      durationMs: 1900,
    });
    expect(cell.types()).toEqual(['display_data', ...Array<string>(3).fill('update_display_data')]);
    expect(new Set(cell.messages.map((m) => m.content.transient.display_id)).size).toBe(1);
  });

  it('shows its first text at once', () => {
    const cell = recordCell();
    cell.emit(start(), prose('I'), prose(' look'));
    expect(cell.messages.at(-1)?.content.data['text/plain']).toMatch(/\nI$/);
    vi.advanceTimersByTime(60);
    expect(cell.messages.at(-1)?.content.data['text/plain']).toMatch(/\nI look$/);
  });

  it('is updated at most every 50 ms, whatever the number of pieces', () => {
    const cell = recordCell();
    cell.emit(start());
    for (let i = 0; i < 1000; i++) {
      cell.emit(prose('x '));
      vi.advanceTimersByTime(1);
    }
    expect(cell.messages.length).toBeLessThanOrEqual(22);
    expect(cell.messages.length).toBeGreaterThan(15);
  });

  it('is updated less often the longer it is, so that its bytes a second stay bounded', () => {
    const cell = recordCell();
    cell.emit(start());
    for (let i = 0; i < 1000; i++) {
      cell.emit(prose('x'.repeat(200)));
      vi.advanceTimersByTime(1);
    }
    expect(cell.wire().length).toBeLessThan(1_500_000);
  });

  it('leaves no timer behind once it has ended', () => {
    const cell = recordCell();
    cell.emit(start(), prose('x'), end());
    expect(vi.getTimerCount()).toBe(0);
    cell.emit(start(2), prose('x', 2));
    cell.emitter.flush();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('names the model where it changes, and only there', () => {
    const cell = recordCell();
    cell.emit(start(1, 'a'), end(), start(2, 'a'), end({}, 2), start(3, 'b_*<c>'), end({}, 3));
    const heads = cell.outputs().map((o) => o.content.data['text/markdown']);
    expect(heads).toEqual([
      '*turn 1 · a · 412 → 96 tokens · 1.9 s*',
      '*turn 2 · 412 → 96 tokens · 1.9 s*',
      '*turn 3 · b&#95;&#42;&#60;c&#62; · 412 → 96 tokens · 1.9 s*',
    ]);
  });

  it('is shown without a header where the first turn is the answer, and is marked final', () => {
    const cell = recordCell();
    cell.emit(start(), prose('Four.'), end({ final: true }));
    const [output] = cell.outputs();
    expect(output?.content.data['text/markdown']).toBe('Four.');
    expect(output?.content.data['text/plain']).toBe('Four.');
    expect(output?.content.metadata.replique).toMatchObject({ final: true, kind: 'turn' });
    cell.emit(start(2), prose('Five.', 2), end({ final: true }, 2));
    expect(cell.outputs()[1]?.content.data['text/markdown']).toBe('*turn 2 · final*\n\nFive.');
  });

  it('says that tokens were estimated, that it was cut, and that it broke off', () => {
    const cell = recordCell();
    cell.emit(start(), end({ usage: { ...usage, inputTokens: 12345, estimated: true }, stop: 'length' }));
    expect(cell.outputs()[0]?.content.data['text/plain']).toContain('≈ 12 345 → 96 tokens');
    expect(cell.outputs()[0]?.content.data['text/plain']).toContain('cut at the token limit');
    cell.emit(start(2), prose('half', 2), { type: 'stop', summary: summary() });
    expect(cell.outputs()[1]?.content.data['text/plain']).toBe('turn 2 · broken off\nhalf');
  });

  it('keeps the markup of the model as text, and the code as it is', () => {
    const cell = recordCell();
    cell.emit(
      start(),
      prose('A <b onclick=x>tag</b> and `List<int>`.\n\n'),
      code('s = """```"""\nif a < b: pass\n'),
      prose('\nDone'),
      end(),
    );
    expect(cell.outputs()[0]?.content.data['text/markdown']).toBe(
      [
        '*turn 1 · qwen2.5-coder:7b · 412 → 96 tokens · 1.9 s*',
        'A &lt;b onclick=x>tag&lt;/b> and <code>List&#60;int&#62;</code>.',
        '````python\ns = """```"""\nif a < b: pass\n````',
        'Done',
      ].join('\n\n'),
    );
  });

  it('removes terminal controls, and shows what can not be seen in code', () => {
    const cell = recordCell();
    cell.emit(start(), prose('a\u001b]0;title\u0007b\u001b[31mc'), code('x = "\u202e" # \u200b'), end());
    const { data } = cell.outputs()[0]!.content;
    expect(data['text/plain']).toContain('abc');
    expect(data['text/markdown']).toContain('x = "⟦U+202E⟧" # ⟦U+200B⟧');
  });

  it('never shows a secret, not even half of it while it streams', () => {
    const cell = recordCell();
    cell.emit(start());
    for (const character of `key ${secret} end`) {
      cell.emit(prose(character));
      vi.advanceTimersByTime(60);
    }
    cell.emit(end({ text: `key ${secret} end` }));
    expect(cell.wire()).not.toContain('gsk_');
    expect(cell.outputs()[0]?.content.data['text/plain']).toContain('key [redacted] end');
    expect(cell.outputs()[0]?.content.data[mime.turn]).toMatchObject({ text: 'key [redacted] end' });
  });

  it('shows a bounded part of an endless turn, and says how much is missing', () => {
    const cell = recordCell();
    cell.emit(start(), prose('x'.repeat(256_000)), prose('y'.repeat(1234)), end());
    const plain = cell.outputs()[0]?.content.data['text/plain'] as string;
    expect(plain).toContain('[1 234 more characters are not shown]');
    expect(plain).not.toContain('y'.repeat(100));
  });

  it('stays apart from the turn before it that never ended', () => {
    const cell = recordCell();
    cell.emit(start(1), prose('one'), start(2), prose('two', 2), end({}, 2));
    expect(cell.outputs().map((o) => o.content.metadata.replique?.['turn'])).toEqual([1, 2]);
    expect(cell.outputs()[0]?.content.data['text/plain']).toContain('one');
  });

  it('shows its text before a notice that comes in between', () => {
    const cell = recordCell();
    cell.emit(start(), prose('one'), { type: 'notice', text: 'Waiting for `groq`,\nrate limit <b>.' });
    expect(cell.messages.at(-2)?.content.data['text/plain']).toContain('one');
    expect(cell.messages.at(-1)?.content.data).toEqual({
      'text/markdown': '> Waiting for `groq`, rate limit &lt;b>.',
      'text/plain': 'Waiting for `groq`, rate limit <b>.',
    });
    expect(cell.messages.at(-1)?.content.transient).toEqual({});
  });
});
