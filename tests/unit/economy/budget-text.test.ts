import { expect, it } from 'vitest';
import { noBudgets, parseBudgets, showDollars, showLimits } from '../../../kernel/economy/budget-text.ts';

it.each([
  ['$0.50', { session: { dollars: 0.5 } }],
  ['session 20000 tokens 90s', { session: { tokens: 20_000, seconds: 90 } }],
  ['cell $1; day $2.5 100000 tokens', { cell: { dollars: 1 }, day: { dollars: 2.5, tokens: 100_000 } }],
  ['CELL 5 Seconds ;', { cell: { seconds: 5 } }],
])('%s is a budget', (text, expected) => {
  expect(parseBudgets(text)).toEqual({ ...noBudgets, ...expected });
});

it('adds to what is set, replaces what is of the same kind, and lifts', () => {
  const set = parseBudgets('session $1 100 tokens; cell 9s')!;
  expect(parseBudgets('session $2', set)).toEqual({
    session: { dollars: 2, tokens: 100 },
    cell: { seconds: 9 },
    day: {},
  });
  expect(parseBudgets('session off', set)).toEqual({ session: {}, cell: { seconds: 9 }, day: {} });
});

it.each([
  ...[
    'cell',
    'week $1',
    '$',
    '-1 tokens',
    '$1,000',
    '1.5 tokens',
    'session off $1',
    'day 90s',
    '5',
    '$1 tokens',
  ],
  'x'.repeat(10_000),
])('%.20s is none', (text) => {
  expect(parseBudgets(text)).toBeUndefined();
});

it('limits and amounts are shown as a person writes them', () => {
  expect(showLimits({})).toBe('none');
  expect(showLimits({ dollars: 0.5, tokens: 20_000, seconds: 90 })).toBe('$0.50, 20,000 tokens, 90 s');
  expect([0, 12.345, 0.1, 0.0123, 0.00000456].map(showDollars)).toEqual([
    '$0',
    '$12.35',
    '$0.10',
    '$0.012',
    '$0.0000046',
  ]);
});
