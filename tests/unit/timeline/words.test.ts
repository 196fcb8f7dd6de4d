import { describe, expect, it } from 'vitest';
import { firstWords, kept, rewound } from '../../../kernel/timeline/words.ts';

describe('where one has gone back to', () => {
  const tail = 'left behind on branch `left-1`; `%checkout left-1` returns.';
  it.each([
    [2, 1, [], `Rewound to before [2]: 1 cell is ${tail}`],
    [2, 0, ['a'], `Rewound to before [2]: a is ${tail}`],
    [2, 0, [], `Rewound to before [2]: what was done since is ${tail}`],
    [undefined, 2, ['a', 'b'], `Rewound: 2 cells and a and b are ${tail}`],
    [3, 0, ['a', 'b`', 'c'], `Rewound to before [3]: a, b' and c are ${tail}`],
    [3, 1, ['a', 'b', 'c', 'd', 'e'], `Rewound to before [3]: 1 cell and a, b, c and 2 more are ${tail}`],
  ])('before %s: %s cells and files %j', (before, cells, files, sentence) => {
    expect(rewound(before, cells, files, 'left-1')).toBe(sentence);
  });

  it('is all there is to say where nothing is left behind', () => {
    expect(rewound(4, 0, [], undefined)).toBe('Rewound to before [4].');
  });
});

it('files that are left are named with the reason, three at most', () => {
  const left = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ path: `f${at}`, reason: 'was changed by others' }));
  expect(kept([])).toBeUndefined();
  expect(kept(left(1))).toBe('Left as it is: f0 (was changed by others).');
  expect(kept(left(2))).toMatch(/^Left as they are: f0 \(.*\), f1 \(.*\)\.$/);
  expect(kept(left(5))).toMatch(/f2 \(was changed by others\) and 2 more\.$/);
});

it.each([
  ['one line', '  Sort\n\tthem. ', 'Sort them.'],
  ['as it is, where it is 60 characters long', 'a'.repeat(60), 'a'.repeat(60)],
  ['cut with a sign that it goes on', `${'a'.repeat(58)} bcd`, `${'a'.repeat(58)}…`],
  ['cut before a sign of two code units, not in it', `${'a'.repeat(58)}\u{1f600}b`, `${'a'.repeat(58)}…`],
  ['read no further than needed', `a${' '.repeat(1e6)}b`, 'a'],
])('the first words of a cell are %s', (_, source, expected) => {
  expect(firstWords(source)).toBe(expected);
});
