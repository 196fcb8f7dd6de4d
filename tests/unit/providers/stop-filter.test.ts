import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stopFilter } from '../../../kernel/providers/stop-filter.ts';

function filtered(chunks: readonly string[], stops: readonly string[]): { text: string; stopped: boolean } {
  const filter = stopFilter(stops);
  const text = chunks.map((chunk) => filter.push(chunk)).join('') + filter.flush();
  return { text, stopped: filter.stopped };
}

test('the text ends before the sequence, however it is cut into chunks', () => {
  const text = 'a <helpers>1</helpers> b';
  for (let cut = 0; cut <= text.length; cut++) {
    const result = filtered([text.slice(0, cut), text.slice(cut)], ['</helpers>']);
    expect(result).toEqual({ text: 'a <helpers>1', stopped: true });
  }
});

test('what only looked like a stop is given back', () => {
  expect(filtered(['1 <', '/hel', 'p me'], ['</helpers>'])).toEqual({ text: '1 </help me', stopped: false });
  expect(filtered(['the end </helpers'], ['</helpers>'])).toEqual({
    text: 'the end </helpers',
    stopped: false,
  });
});

test('text that can be no stop is not held back', () => {
  const filter = stopFilter(['</helpers>']);
  expect(filter.push('hello <')).toBe('hello ');
  expect(filter.push('b> there')).toBe('<b> there');
});

test('nothing comes after a stop', () => {
  const filter = stopFilter(['END']);
  expect(filter.push('1END2')).toBe('1');
  expect(filter.push('3')).toBe('');
  expect(filter.flush()).toBe('');
});

test('the sequence that is complete first wins; of several, the longest', () => {
  expect(filtered(['xabcd'], ['abcd', 'b']).text).toBe('xa');
  expect(filtered(['xab'], ['b', 'ab']).text).toBe('x');
  expect(filtered(['x'], ['']).text).toBe('x');
});

test('chunks make no difference, and no stop is ever in the text', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '<') });
  const chunked = fc.array(letters, { maxLength: 8 });
  const sequences = fc.array(
    fc.string({ unit: fc.constantFrom('a', 'b', '<'), minLength: 1, maxLength: 4 }),
    {
      maxLength: 4,
    },
  );
  fc.assert(
    fc.property(chunked, sequences, (chunks, stops) => {
      const whole = chunks.join('');
      const cut = filtered(chunks, stops);
      expect(cut).toEqual(filtered([whole], stops));
      expect(cut.stopped).toBe(stops.some((stop) => whole.includes(stop)));
      expect(whole.startsWith(cut.text)).toBe(true);
      if (!cut.stopped) expect(cut.text).toBe(whole);
      for (const stop of stops) expect(cut.text).not.toContain(stop);
    }),
    { numRuns: 2000 },
  );
});
