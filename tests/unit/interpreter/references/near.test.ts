import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nearest } from '../../../../kernel/near.ts';
import { shares } from '../../../../kernel/interpreter/references/shares.ts';

it.each<[string, readonly string[], readonly string[]]>([
  ['dff', ['df', 'readings'], ['df']],
  ['reedings', ['df', 'readings'], ['readings']],
  ['Totals', ['totals', 'total'], ['totals', 'total']],
  ['raedings', ['readings'], ['readings']],
  ['df2', ['df', 'df1'], []],
  ['x', ['y', 'xs'], []],
  ['ax', ['df', 'bx'], []],
  ['fibonacci', ['df', 'readings'], []],
  ['a'.repeat(100), ['a'.repeat(99)], []],
])('near %j of %j: %j', (word, names, near) => {
  expect(nearest(word, names)).toEqual(near);
});

it('shares are what is wanted where there is room, and never more than there is', () => {
  expect(shares([10, 500, 500], 510)).toEqual([10, 250, 250]);
  expect(shares([10, 20], 100)).toEqual([10, 20]);
  fc.assert(
    fc.property(fc.array(fc.nat(10_000), { maxLength: 30 }), fc.nat(10_000), (wanted, total) => {
      const granted = shares(wanted, total);
      expect(granted.every((share, at) => share >= 0 && share <= wanted[at]!)).toBe(true);
      const sum = granted.reduce((all, share) => all + share, 0);
      expect(sum).toBeLessThanOrEqual(total);
      if (wanted.reduce((all, each) => all + each, 0) <= total) expect(granted).toEqual(wanted);
    }),
    { seed: 20261130 },
  );
});
