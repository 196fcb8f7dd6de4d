import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { record, recordCell, secret } from './recorder.ts';
import type { Recorder } from './recorder.ts';

const start = { type: 'turn-start', turn: 1, provider: 'groq', model: 'big' } as const;
const prose = (text: string) => ({ type: 'prose', turn: 1, text }) as const;
const retry = (attempt: number, waitMs: number, reason = 'Groq failed (503).') =>
  ({ type: 'retry', turn: 1, reason, attempt, waitMs }) as const;
const end = { type: 'turn-end', turn: 1, record: record(), durationMs: 1900 } as const;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const last = (cell: Recorder, type = 'text/plain'): unknown => cell.messages.at(-1)?.content.data[type];

it('takes half of a turn back, and says in one line why and when it goes on', () => {
  const cell = recordCell();
  cell.emit(start, prose('Half an ans'));
  vi.advanceTimersByTime(60);
  expect(last(cell)).toContain('Half an ans');
  cell.emit(retry(2, 6500));
  expect(last(cell)).toBe('turn 1 · big\nGroq failed (503). Trying again in 7 s (attempt 2).');
  expect(last(cell, 'text/markdown')).toMatch(/\n\n> Groq failed .*attempt 2/);
  cell.emit(retry(3, 400));
  expect(last(cell)).toBe('turn 1 · big\nGroq failed (503). Trying again (attempt 3).');
  cell.emit(prose('Whole.'));
  vi.advanceTimersByTime(60);
  expect(last(cell)).toBe('turn 1 · big\nWhole.');
  cell.emit(end);
  expect(cell.outputs()).toHaveLength(1);
  expect(JSON.stringify(cell.outputs())).not.toMatch(/Half|Trying/);
  expect(vi.getTimerCount()).toBe(0);
});

it('leaves no such line where the turn then fails', () => {
  const cell = recordCell();
  cell.emit(start, retry(2, 1000), { ...end, record: record({ stop: 'error', text: '' }) });
  expect(JSON.stringify(cell.outputs())).not.toContain('Trying');
});

it('shows no secret of what a provider said, and no markup', () => {
  const cell = recordCell();
  cell.emit(start, retry(2, 1000, `bad ${secret} <b>x</b>\nline`));
  expect(JSON.stringify(cell.messages)).not.toContain('gsk_');
  expect(last(cell, 'text/markdown')).not.toContain('<b>');
});

it('names who answers instead', () => {
  const cell = recordCell();
  cell.emit(start, { type: 'source', turn: 1, provider: 'ollama', model: 'small' }, prose('x'), end);
  expect(last(cell)).toMatch(/^turn 1 · small · /);
  cell.emit({ ...start, turn: 2 });
  expect(last(cell)).toBe('turn 2 · big');
});
