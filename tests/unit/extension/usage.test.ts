import { expect, it } from 'vitest';
import { isPrompt, languageOf } from '../../../extension/src/language.ts';
import { nothing, sum, turnIn, usageIn, words } from '../../../extension/src/usage.ts';

const cell = (usage: unknown, cost?: unknown): Record<string, unknown> => ({
  'application/vnd.replique.cell+json': { version: 1, usage, cost },
});

it('what the prompts of a notebook used is the sum of what their last lines say', () => {
  const used = [
    usageIn(cell({ inputTokens: 1000, outputTokens: 204 }, 0.001)),
    usageIn(cell({ inputTokens: 10, outputTokens: 0 })),
    usageIn({ 'text/plain': '5' }),
  ];
  expect(words(sum(used), undefined)).toBe('1,214 tokens · $0.0010');
  expect(words(sum(used), 2)).toBe('turn 2 · 1,214 tokens · $0.0010');
  expect(words(nothing, undefined)).toBe('');
  expect(words(nothing, 1)).toBe('turn 1');
});

it.each([
  [0.5, '$0.50'],
  [0.0123, '$0.012'],
  [0.00000001, '$0.000000'],
  [12.345, '$12.35'],
  [0, ''],
])('%d dollars are written %s', (cost, written) => {
  expect(words({ prompts: 0, tokens: 0, cost }, undefined)).toBe(written);
});

it('what an output should not hold is not counted', () => {
  for (const usage of [
    null,
    5,
    'x',
    {},
    { inputTokens: -1, outputTokens: 2 },
    { inputTokens: '7', outputTokens: 2 },
  ])
    expect(usageIn(cell(usage, 1))).toEqual(nothing);
  expect(usageIn(cell({ inputTokens: 1, outputTokens: 2 }, 'much')).cost).toBeUndefined();
  expect(usageIn({ 'application/vnd.replique.cell+json': null })).toEqual(nothing);
});

it('a turn or a helper of it says which turn runs', () => {
  expect(turnIn({ replique: { kind: 'turn', turn: 2 } })).toBe(2);
  expect(turnIn({ replique: { kind: 'helper', turn: 3, helper: 1 } })).toBe(3);
  for (const other of [
    undefined,
    {},
    { replique: null },
    { replique: { kind: 'cell', turn: 1 } },
    { replique: { kind: 'turn', turn: 'x' } },
  ])
    expect(turnIn(other)).toBeUndefined();
});

it.each([
  ['What is it?', 'text/x-ipythongfm', true],
  ['  \n%%python\nx = 1', 'text/x-python', false],
  ['%%bash\nls', 'text/x-sh', false],
  ['%%other\n?', 'text/plain', false],
  ['%cost', 'text/x-ipythongfm', false],
  ['%model a:b\nWhat is it?', 'text/x-ipythongfm', true],
  ['', 'text/x-ipythongfm', false],
])('%j is shown as %s; a prompt: %s', (source, language, prompt) => {
  expect([languageOf(source), isPrompt(source)]).toEqual([language, prompt]);
});
