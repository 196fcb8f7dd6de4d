import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeAt, type Place } from '../../../kernel/interpreter/editing/place.ts';
import { indexOfPoint, pointsBefore } from '../../../kernel/interpreter/editing/points.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '%',
        '%%',
        'a',
        '`',
        '{',
        '}',
        '@',
        '"',
        '.',
        '\n',
        ' ',
        '?',
        '😀',
        'e\u0301',
        '\ud83d',
        'Out[',
        '1',
      ),
    )
    .map((parts) => parts.join('')),
);

describe('positions', () => {
  it('count code points, whatever the text and the cursor', () => {
    fc.assert(
      fc.property(text, fc.nat(60), (source, cursor) => {
        const index = indexOfPoint(source, cursor);
        const points = Array.from(source);
        expect(source.slice(0, index)).toBe(points.slice(0, cursor).join(''));
        expect(pointsBefore(source, index)).toBe(Math.min(cursor, points.length));
      }),
    );
  });

  it('inside a pair of surrogates count the pair', () => {
    expect(pointsBefore('a😀b', 2)).toBe(2);
    expect(pointsBefore('a😀b', 3)).toBe(2);
  });
});

describe('placeAt', () => {
  it('finds a place in any text, and the word is what stands before the cursor', () => {
    fc.assert(
      fc.property(text, fc.nat(60), (source, cursor) => {
        const index = indexOfPoint(source, cursor);
        const place = placeAt(source, index);
        if ('word' in place) expect(source.slice(place.start, index)).toBe(place.word);
        if (place.kind === 'file') {
          expect(source.slice(place.start, index)).toBe(`@${place.inQuotes ? '"' : ''}${place.path}`);
        }
      }),
    );
  });

  it.each<[string, Partial<Place>]>([
    ['\n  %sand', { kind: 'magic', word: '%sand', isFirstLine: true }],
    ['%a b;c', { kind: 'argument', magic: 'a', before: 'b;', word: 'c' }],
    ['%%python x', { kind: 'argument', magic: 'python', word: 'x' }],
    ['%%bash\nls `a', { kind: 'body', magic: 'bash' }],
    ['? df.a', { kind: 'topic', word: 'df.a' }],
    ['%help\nSee `df.a', { kind: 'name', path: ['df'], word: 'a', inBraces: false }],
    ['``x`` and `y', { kind: 'name', word: 'y' }],
    ['{Out[-1', { kind: 'cell', part: 'Out', word: '-1' }],
    ['“@data/x', { kind: 'file', path: 'data/x', inQuotes: false }],
    ['a\n@"b c', { kind: 'file', path: 'b c', inQuotes: true }],
    ['```py', { kind: 'nothing' }],
    ['x@y', { kind: 'nothing' }],
    ['100 %', { kind: 'nothing' }],
  ])('%j', (source, expected) => {
    expect(placeAt(source, source.length)).toMatchObject(expected);
  });

  it('takes time in proportion to the text', () => {
    for (const part of ['@', '`', '{', '@"', 'a.', ';', '\n%a ', ' ']) {
      const source = `%budget x${part.repeat(200_000)}!`;
      expect(placeAt(source, source.length).kind).toBeDefined();
    }
  });
});
