import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonBytes } from '../../../server/http/json-bytes.ts';
import { linesOf } from '../../../server/services/contents/notebook/lines.ts';

const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? Date.now() % 2 ** 31);
const signs = [
  'a',
  '"',
  '\\',
  '\n',
  '\r\n',
  '\r',
  '\v',
  '\f',
  '\x1c',
  '\x85',
  '\u2028',
  '\u2029',
  '\0',
  '\t',
  '\x1f',
];

/** Ends of lines and what JSON escapes, also around the ends of the blocks in which long texts are written. */
const text = fc
  .array(
    fc.tuple(
      fc.constantFrom(0, 3, 8188, 8190),
      fc.array(fc.constantFrom(...signs, 'Â', 'é', '中', '😀'), { maxLength: 6 }),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.map(([filling, ends]) => 'x'.repeat(filling) + ends.join('')).join(''));

const written = (write: (out: JsonBytes) => void): string => {
  const out = new JsonBytes();
  write(out);
  return Buffer.concat(out.pieces()).toString();
};

describe(`JSON that is written as bytes (seed ${seed})`, () => {
  it('cuts texts into the lines that Python cuts them into, each as JSON.stringify writes it', () => {
    fc.assert(
      fc.property(
        text.filter((each) => each !== ''),
        (each) => {
          const wanted = linesOf(each).map((line) => JSON.stringify(line));
          expect(written((out) => out.lines(each, ',\n  '))).toBe(wanted.join(',\n  '));
        },
      ),
      { seed, numRuns: 300 },
    );
  });

  it('writes values as JSON.stringify does, however deep it looks for long texts', () => {
    const value = fc
      .anything({ withBigInt: false, maxDepth: 3 })
      .map((each) => JSON.parse(JSON.stringify([each])) as unknown);
    fc.assert(
      fc.property(value, text, fc.nat(4), (each, long, levels) => {
        const all = { each, long: [long, { long }], half: '\ud800', left: undefined, none: [], empty: {} };
        expect(written((out) => out.value(all, levels))).toBe(JSON.stringify(all));
      }),
      { seed, numRuns: 300 },
    );
  });

  it('goes on where a piece of memory is full', () => {
    const texts = Array.from({ length: 40 }, (_each, index) => `${index}é"\n`.repeat(20_000));
    expect(written((out) => out.value(texts, 1))).toBe(JSON.stringify(texts));
  });
});
