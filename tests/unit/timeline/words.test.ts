import { expect, it } from 'vitest';
import { firstWords } from '../../../kernel/timeline/words.ts';

it.each([
  ['one line', '  Sort\n\tthem. ', 'Sort them.'],
  ['as it is, where it is 60 characters long', 'a'.repeat(60), 'a'.repeat(60)],
  ['cut with a sign that it goes on', `${'a'.repeat(58)} bcd`, `${'a'.repeat(58)}…`],
  ['cut before a sign of two code units, not in it', `${'a'.repeat(58)}\u{1f600}b`, `${'a'.repeat(58)}…`],
  ['read no further than needed', `a${' '.repeat(1e6)}b`, 'a'],
])('the first words of a cell are %s', (_, source, expected) => {
  expect(firstWords(source)).toBe(expected);
});
