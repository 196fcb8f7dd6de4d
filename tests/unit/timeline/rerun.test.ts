import { afterEach, expect, it } from 'vitest';
import type { Run } from '../../../kernel/timeline/node.ts';
import { rerun } from '../../../kernel/timeline/rebuild.ts';
import { Tree } from '../../../kernel/timeline/tree.ts';
import { run as runCode, Workers } from '../../support/workers.ts';

const workers = new Workers();
afterEach(() => workers.close());

const node = {
  ...Tree.beginning({ cell: 0, entries: [], said: { memory: [] }, trail: '' }),
  executionCount: 4,
};
const never = new AbortController().signal;

const planned = (code: string, more: Partial<Run> = {}) => ({
  run: { language: 'python', code, status: 'ok', ms: 1, ...more } as const,
  node,
});

it('runs code again without what would not give the same, and says what is not as it was', async () => {
  const { worker } = workers.create();
  const { done, notes, problem } = await rerun(
    worker,
    [
      planned('x = 1'),
      planned('x = 2', { language: 'r' }),
      planned('x = 3', { status: 'interrupted' }),
      planned('y = 4', { status: 'error', ename: 'ValueError' }),
      planned('1 / 0'),
      planned('hidden = 5', { silent: true, storeHistory: false, origin: { kind: 'cell' } }),
    ],
    never,
  );
  expect(problem).toBeUndefined();
  expect(done.map(({ run: { code } }) => code)).toEqual(['x = 1', 'y = 4', '1 / 0', 'hidden = 5']);
  expect(notes).toEqual([
    'What runs in r is as it was: its memory can’t be rebuilt.',
    'Code of [4] had been stopped, or had ended its process: it was not run again.',
    'Code of [4] ended in another way than then: it succeeded.',
    'Code of [4] ended in another way than then: it failed with ZeroDivisionError.',
  ]);
  expect((await runCode(worker, 'print(x, y, hidden)')).stdout).toBe('1 4 5\n');
});

it.each([
  [
    'holds a secret that is not kept',
    planned('x = 2', { isRedacted: true }),
    'held a secret, which is not kept',
  ],
  [
    'ends its process now',
    planned('import os; os._exit(1)'),
    'code of [4] ended in another way than then (died)',
  ],
])('stops at code that %s', async (_, second, problem) => {
  const { worker } = workers.create();
  const again = await rerun(worker, [planned('x = 1'), second, planned('x = 3')], never);
  expect(again.problem).toContain(problem);
  expect(again.done).toHaveLength(1);
});

it('stops when it is told to', async () => {
  const { worker } = workers.create();
  const stop = new AbortController();
  const began = rerun(
    worker,
    [planned('import time\nwhile True: time.sleep(0.1)'), planned('x = 3')],
    stop.signal,
  );
  stop.abort();
  expect(await began).toMatchObject({ done: [], problem: 'it was stopped' });
});
