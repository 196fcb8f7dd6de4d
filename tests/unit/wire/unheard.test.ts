import { expect, test } from 'vitest';
import { Unheard } from '../../../kernel/wire/unheard.ts';

test('keeps messages in their order until they are taken, and of too many the newest', () => {
  const unheard = new Unheard();
  for (let index = 0; index < 5; index += 1) unheard.keep([Buffer.from([index]), Buffer.alloc(300_000)]);
  expect(unheard.take().map(([first]) => first?.[0])).toEqual([2, 3, 4]);
  expect(unheard.take()).toEqual([]);
  unheard.keep([Buffer.alloc(2_000_000)]);
  expect(unheard.take()).toEqual([]);
});
