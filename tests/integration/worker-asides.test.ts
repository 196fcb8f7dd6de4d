import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { runningIn } from '../support/sandboxes.ts';
import { run, Workers } from '../support/workers.ts';

/** What is asked of a worker while it runs code: copies of its newest snapshot answer. */

const workers = new Workers();
afterAll(() => workers.close());

const untilGo = `import os, time
print("be" + "gun", flush=True)
while not os.path.exists("go"): time.sleep(0.01)
os.remove("go"); print("ended")`;

interface Ground {
  readonly worker: SessionWorker;
  readonly workspace: string;
}

/** Does something while code runs; returns all that the code printed. */
async function whileRunning(
  { worker, workspace }: Ground,
  during: () => Promise<void>,
  code = untilGo,
): Promise<string> {
  let text = '';
  let begun = (): void => undefined;
  const hasBegun = new Promise<void>((resolve) => (begun = resolve));
  const running = worker.execute({
    ...{ code, language: 'python', signal: new AbortController().signal, timeoutMs: 60_000 },
    onOutput: (output) => {
      if (output.kind === 'stream') text += output.text;
      if (text.includes('begun')) begun();
    },
  });
  await hasBegun;
  try {
    await during();
  } finally {
    writeFileSync(join(workspace, 'go'), '');
  }
  expect((await running).status).toBe('ok');
  return text;
}

/** Asks until there is an answer: on a busy machine a copy may come too late. */
async function untilAnswered<T>(ask: () => Promise<T>, isAnswer: (found: T) => boolean): Promise<T> {
  for (;;) {
    const found = await ask();
    if (isAnswer(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('questions while code runs', () => {
  const ground = workers.create({ isolation: 'bubblewrap' });
  const { worker } = ground;

  beforeAll(async () => {
    await run(
      worker,
      `import pandas as pd
sales = pd.DataFrame({"region": ["East", "West"], "amount": [3, 4]})
class Slow:
    def __dir__(self):
        print("its own code", flush=True)
        open("ran", "w").close()
        while True: pass
slow = Slow()`,
    );
    await worker.snapshot();
  }, 60_000);

  it('are answered as things stood before, and nothing of it is seen in what runs', async () => {
    const text = await whileRunning(
      ground,
      async () => {
        const some = (found: { readonly length: number }): boolean => found.length > 0;
        const names = await untilAnswered(() => worker.names([], 's'), some);
        expect(names).toEqual([
          { name: 'sales', kind: 'DataFrame' },
          { name: 'slow', kind: 'Slow' },
        ]);
        const columns = await untilAnswered(() => worker.names(['sales'], 'amo'), some);
        expect(columns).toEqual([{ name: 'amount', kind: 'column' }]);
        const glance = await untilAnswered(
          () => worker.glance(['sales']),
          (found) => found !== undefined,
        );
        expect(glance).toMatch(
          /^sales: DataFrame 2×2\n\n2 rows, 2 columns [^\n]*\nall rows:\n.*\n0 +East +3/,
        );
        const code = 'sales.sort_v';
        const { matches, kinds } = await untilAnswered(
          () => worker.complete(code, code.length),
          (found) => found.matches.length > 0,
        );
        expect(matches).toEqual(['sort_values']);
        expect(kinds![0]).toMatchObject({ kind: 'function' });
        expect(kinds![0]!.signature).toMatch(/^\(self, by, /);
        const inspected = await untilAnswered(
          () => worker.inspect('len', 3, 0),
          (found) => found !== undefined,
        );
        expect(inspected!['text/plain']).toContain('number of items');
        expect(await worker.names([], 'since')).toEqual([]);
        expect(await worker.isComplete('for i in x:')).toEqual({ status: 'incomplete', indent: '    ' });
      },
      `since = 1\n${untilGo}`,
    );
    expect(text).toBe('begun\nended\n');
  }, 60_000);

  it('have no answer where a value’s own code does not end, again and again, and the session goes on', async () => {
    const text = await whileRunning(ground, async () => {
      for (let round = 0; round < 8; round += 1) {
        expect((await worker.complete('slow.', 5)).matches).toEqual([]);
      }
      expect(
        await untilAnswered(
          () => worker.names([], 'sal'),
          (found) => found.length > 0,
        ),
      ).toEqual([{ name: 'sales', kind: 'DataFrame' }]);
    });
    expect(text).toBe('begun\nended\n');
    expect((await run(worker, 'print(len(sales), since)')).stdout).toBe('2 1\n');
  }, 60_000);

  it('have no answer where the newest snapshot stands still, and that of the one before once it has ended', async () => {
    const other = workers.create({ isolation: 'bubblewrap' });
    await run(other.worker, 'known = 1');
    await other.worker.snapshot();
    const before = runningIn(other.workspace);
    await other.worker.snapshot();
    const [newest] = runningIn(other.workspace).filter((pid) => !before.includes(pid));
    await whileRunning(other, async () => {
      process.kill(newest!, 'SIGSTOP');
      const ask = (): Promise<readonly unknown[]> => other.worker.names([], 'known');
      for (const found of await Promise.all([ask(), ask(), ask()])) expect(found).toEqual([]);
      process.kill(newest!, 'SIGKILL');
      expect(await untilAnswered(ask, (found) => found.length > 0)).toEqual([{ name: 'known', kind: 'int' }]);
    });
  }, 60_000);

  it('have no answer where there is no snapshot yet', async () => {
    const other = workers.create({ isolation: 'bubblewrap' });
    await whileRunning(other, async () => {
      expect(await other.worker.names([], '')).toEqual([]);
      expect(await other.worker.glance(['os'])).toBeUndefined();
    });
  }, 60_000);
});
