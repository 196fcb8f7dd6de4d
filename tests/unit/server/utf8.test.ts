import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../../../server/http/utf8.ts';

const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? Date.now() % 2 ** 31);

/** Around the ends of blocks of 2^16 stand characters of one to four bytes. */
const text = fc
  .array(fc.tuple(fc.nat(3), fc.constantFrom('é', '中', '😀', 'a', '\n'), fc.nat(3)), { maxLength: 4 })
  .map((parts) =>
    parts.map(([back, sign, more]) => `${'x'.repeat(2 ** 16 - 4 + back)}${sign.repeat(1 + more)}`),
  )
  .map((parts) => parts.join(''));

it(`text and bytes are the same as Node makes them, in whatever blocks they are turned (seed ${seed})`, () => {
  fc.assert(
    fc.property(text, fc.array(text, { maxLength: 2 }), (first, more) => {
      const texts = [first, ...more];
      const bytes = Buffer.from(texts.join(''));
      expect(encodeUtf8(texts).equals(bytes)).toBe(true);
      expect(decodeUtf8(bytes) === texts.join('')).toBe(true);
    }),
    { seed, numRuns: 60 },
  );
});
