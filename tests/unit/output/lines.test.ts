import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { factory, record, recordCell, secret, summary, usage } from './recorder.ts';
import type { Recorder } from './recorder.ts';

const start = (turn = 1, model = 'big') => ({ type: 'turn-start', turn, provider: 'groq', model }) as const;
const prose = (text: string, turn = 1) => ({ type: 'prose', turn, text }) as const;
const code = (text: string, turn = 1) => ({ type: 'code', turn, lang: 'python', text }) as const;
const end = (turn = 1, overrides: Parameters<typeof record>[0] = {}) =>
  ({ type: 'turn-end', turn, record: record(overrides), durationMs: 5 }) as const;
const retry = (reason: string) => ({ type: 'retry', turn: 1, reason, attempt: 2, waitMs: 6500 }) as const;
const stdout = (text: string) => ({ kind: 'stream', name: 'stdout', text }) as const;
const two = { turns: [1, 2].map((turn) => ({ turn, model: 'big', usage, durationMs: 5 })), helpers: 1 };

const inLines = (): Recorder => recordCell(factory(), 3, 'lines');

/** What a terminal shows, as `jupyter console` and `jupyter run` write it there. */
const screen = ({ messages }: Recorder): string =>
  messages
    .map(({ msg_type: type, content }) => {
      if (type === 'stream') return content.text;
      if (type === 'display_data' || type === 'execute_result')
        return `${String(content.data['text/plain'])}\n`;
      return type === 'error' ? `${(content['traceback'] as string[]).join('\n')}\n` : '';
    })
    .join('');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('on a terminal', () => {
  it('prose comes as it is written, code once it is whole, each on lines of its own', () => {
    const cell = inLines();
    cell.emit(start());
    vi.advanceTimersByTime(60);
    expect(screen(cell)).toBe('');
    cell.emit(prose('I pr'));
    vi.advanceTimersByTime(60);
    expect(screen(cell)).toBe('I pr');
    cell.emit(prose('int.\n\n'), code('\nprint('), code('1)\n'));
    vi.advanceTimersByTime(60);
    expect(screen(cell)).toBe('I print.');
    cell.emit(end());
    cell.helper([stdout('1')]);
    cell.emit(start(2), prose('One', 2), prose('.', 2), end(2, { final: true }));
    cell.emit({ type: 'stop', summary: summary(two), answer: 'One.' });
    cell.emitter.flush();
    expect(screen(cell)).toBe(
      'I print.\n```python\nprint(1)\n```\n1\n\nturn 2\nOne.\n▸ 2 turns · 1 helper · 2.0 s · 508 tokens\n',
    );
    expect(cell.types()).not.toContain('update_display_data');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('many pieces become few messages', () => {
    const cell = inLines();
    cell.emit(start(), ...Array.from({ length: 1000 }, (_, i) => prose(`${i} `)), end());
    cell.emitter.flush();
    expect(cell.messages).toHaveLength(1);
    expect(screen(cell)).toMatch(/^0 1 2 .* 999$/);
  });

  it('half of a turn that is taken back is said to be void, on a line of its own', () => {
    const cell = inLines();
    cell.emit(
      start(),
      prose('Half an ans'),
      code('half()'),
      retry('Groq failed (503).'),
      prose('Whole.'),
      end(),
    );
    cell.emitter.flush();
    expect(screen(cell)).toBe(
      'Half an ans\n[What this turn has said so far is void.]\nGroq failed (503). Trying again in 7 s (attempt 2).\nWhole.',
    );
  });

  it('nothing is void where nothing was shown', () => {
    const cell = inLines();
    cell.emit(start(), code('half()'), retry('Groq failed (503).'), prose('Whole.'), end());
    cell.emitter.flush();
    expect(screen(cell)).toBe('Groq failed (503). Trying again in 7 s (attempt 2).\nWhole.');
  });

  it('a notice and an error stand on lines of their own', () => {
    const cell = inLines();
    cell.emit(start(), prose('Well'), { type: 'notice', text: 'Small answers now.' }, prose(', yes'));
    const problem = { ename: 'Interrupted', sentence: 'The cell was interrupted.', remedy: 'Run it again.' };
    cell.emit({ type: 'stop', summary: summary({ stop: 'interrupted', turns: [] }), problem });
    expect(screen(cell)).toBe(
      'Well\nSmall answers now.\n, yes\n[broken off]\n\u001b[31mInterrupted\u001b[0m: The cell was interrupted.\n→ Run it again.\n',
    );
  });

  it('says where an answer was cut, and by whom another turn is written', () => {
    const cell = inLines();
    cell.emit(start(), prose('a'), end(1, { stop: 'length' }), start(2, 'small'), prose('b', 2));
    cell.emit(end(2, { stop: 'filtered' }), start(3, 'small'), prose('x'.repeat(300_000), 3), end(3));
    cell.emitter.flush();
    const shown = screen(cell);
    expect(shown).toMatch(
      /^a\n\[cut at the token limit\]\n\nturn 2 · small\nb\n\[ended by the content filter\]\n\nturn 3\nx/,
    );
    expect(shown).toMatch(/x\n\[44 000 more characters are not shown\]\n$/);
  });

  it('no piece of a turn moves the cursor, overwrites, colours or shows a secret, wherever it is cut', () => {
    const text = `safe\u001b[2J\u001b]0;title\u0007 \u001b[8mhidden\u001b[0m a\rb\r\nc\b ${secret.slice(0, 6)}\u001b[0m${secret.slice(6)} \u202edone`;
    for (let size = 1; size <= text.length; size++) {
      const cell = inLines();
      cell.emit(start());
      for (let at = 0; at < text.length; at += size) cell.emit(prose(text.slice(at, at + size)));
      cell.emit(end());
      cell.emitter.flush();
      expect(screen(cell)).toBe('safe hidden a\nb\nc [redacted] ⟦U+202E⟧done');
    }
  });

  it('no code hides what it does, or shows a secret', () => {
    const cell = inLines();
    cell.emit(
      start(),
      code(`key = "${secret.slice(0, 9)}`),
      code(`${secret.slice(9)}" # \u202e\u001b[2J\rok`),
      end(),
    );
    cell.emitter.flush();
    expect(screen(cell)).toBe('```python\nkey = "[redacted]" # ⟦U+202E⟧\nok\n```\n');
  });

  it('what a helper clears stays, for it can’t be taken back, and what follows is shown', () => {
    const cell = inLines();
    cell.emit(start(), code('x'), end());
    cell.helper([stdout('1 of 2\n'), { kind: 'clear_output', wait: true }, stdout('2 of 2\n')]);
    cell.emitter.flush();
    expect(screen(cell)).toBe('```python\nx\n```\n1 of 2\n2 of 2\n');
    expect(cell.types()).toEqual(['stream']);
  });
});
