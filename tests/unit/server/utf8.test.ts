import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeUtf8 } from '../../../server/http/utf8.ts';

const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? Date.now() % 2 ** 31);

/** Around the ends of blocks of 2^16 stand characters of one to four bytes. */
const text = fc
  .array(fc.tuple(fc.nat(3), fc.constantFrom('é', '中', '😀', 'a', '\n'), fc.nat(3)), { maxLength: 4 })
  .map((parts) =>
    parts.map(([back, sign, more]) => `${'x'.repeat(2 ** 16 - 4 + back)}${sign.repeat(1 + more)}`),
  )
  .map((parts) => parts.join(''));

it(`text is the same as Node makes it, in whatever blocks its bytes are read (seed ${seed})`, () => {
  fc.assert(
    fc.property(text, (each) => {
      expect(decodeUtf8(Buffer.from(each)) === each).toBe(true);
    }),
    { seed, numRuns: 60 },
  );
});
