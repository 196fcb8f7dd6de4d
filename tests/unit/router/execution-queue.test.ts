import { expect, test } from 'vitest';
import { ExecutionQueue } from '../../../kernel/router/execution-queue.ts';

test('cells beyond ten thousand that wait are aborted', async () => {
  const queue = new ExecutionQueue();
  let ran = 0;
  let aborted = 0;
  let release = (): void => undefined;
  queue.push({ run: () => new Promise((resolve) => (release = resolve)), abort: () => undefined });
  for (let index = 0; index < 10_001; index += 1) {
    queue.push({
      run: () => {
        ran += 1;
        return Promise.resolve();
      },
      abort: () => (aborted += 1),
    });
  }
  release();
  await new Promise<void>((resolve) => {
    queue.push({ run: () => Promise.resolve(), abort: resolve });
  });
  expect({ ran, aborted }).toEqual({ ran: 10_000, aborted: 1 });
});

test('nothing runs after it was closed', async () => {
  const queue = new ExecutionQueue();
  await queue.close();
  const told: string[] = [];
  queue.push({ run: () => Promise.resolve(void told.push('run')), abort: () => told.push('abort') });
  expect(told).toEqual(['abort']);
});

test('a failure aborts what was sent before it, also what comes after it, and nothing that was sent later', async () => {
  const queue = new ExecutionQueue();
  const told: string[] = [];
  const cell = (name: string, sentAt?: number) =>
    queue.push(
      {
        run: () => Promise.resolve(void told.push(`${name} ran`)),
        abort: () => told.push(`${name} aborted`),
      },
      sentAt,
    );
  const before = Date.now() - 1;
  await queue.abortRest();
  cell('on its way', before);
  cell('without a date');
  cell('sent later', Date.now() + 1);
  await new Promise<void>((resolve) => {
    const run = (): Promise<void> => {
      resolve();
      return Promise.resolve();
    };
    queue.push({ run, abort: resolve });
  });
  expect(told).toEqual(['on its way aborted', 'without a date ran', 'sent later ran']);
});
