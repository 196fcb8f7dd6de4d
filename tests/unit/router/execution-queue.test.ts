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
