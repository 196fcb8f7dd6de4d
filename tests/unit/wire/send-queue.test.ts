import { expect, test } from 'vitest';
import { SendQueue } from '../../../kernel/wire/send-queue.ts';

const frames = (text: string): Uint8Array[] => [Buffer.from(text)];

test('sends one message at a time, in order, and goes on after one that fails', async () => {
  const sent: string[] = [];
  const errors: unknown[] = [];
  let sending = 0;
  const queue = new SendQueue(
    {
      send: async ([frame]) => {
        expect((sending += 1)).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        sending -= 1;
        if (String(frame) === 'b') throw new Error('unroutable');
        sent.push(String(frame));
      },
    },
    (error) => errors.push(error),
  );
  for (const text of ['a', 'b', 'c']) queue.push(frames(text));
  await queue.drained();
  expect(sent).toEqual(['a', 'c']);
  expect(errors).toHaveLength(1);
  queue.push(frames('d'));
  await queue.drained();
  expect(sent).toEqual(['a', 'c', 'd']);
});

test('survives a sink that throws at once', async () => {
  const errors: unknown[] = [];
  const queue = new SendQueue(
    {
      send: () => {
        throw new Error('closed');
      },
    },
    (error) => errors.push(error),
  );
  queue.push(frames('a'));
  queue.push(frames('b'));
  await queue.drained();
  expect(errors).toHaveLength(2);
});
