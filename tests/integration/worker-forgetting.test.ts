import { afterAll, describe, expect, it } from 'vitest';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { run, Workers } from '../support/workers.ts';

/** Many short cells, each with a text of its own. */
async function runMany(
  worker: SessionWorker,
  count: number,
  code: (number: number) => string,
): Promise<void> {
  for (let number = 0; number < count; number++) await run(worker, code(number));
}

describe('what is kept of each cell', () => {
  const workers = new Workers();
  afterAll(() => workers.close());

  it('is kept of the newest thousand', async () => {
    const { worker } = workers.create();
    await run(worker, 'import weakref\nclass Large: pass\ndef oldest():\n    return 1 / 0');
    await run(worker, 'watched = Large(); seen = weakref.ref(watched); watched');
    await run(worker, 'del watched, Large');
    await runMany(worker, 1500, (number) => `${number}`);
    const { stdout } = await run(
      worker,
      `names = [f"_i{number}" in globals() for number in (4, 300, 700, 1500)]
import linecache
texts = sum(name.startswith("<ipython-input-") for name in linecache.cache) < 1210
print(names, texts, In[-2], In[700], repr(In[5]), _1499, 4 in Out, seen() is None)`,
    );
    expect(stdout).toBe("[False, False, True, True] True 1499 696 '' 1495 False True\n");
    const { error } = await run(worker, 'oldest()');
    const traceback = error?.traceback.join('\n').replaceAll(/\x1b\[[\d;]*m/g, '');
    expect(traceback).toContain('return 1 / 0');
  });

  it('does not grow with each cell that fails', async () => {
    const { worker } = workers.create();
    await runMany(worker, 450, (number) => `${number} / 0`);
    const { stdout } = await run(
      worker,
      'import gc; gc.collect(); print(sum(type(one).__name__ == "Module" for one in gc.get_objects()))',
    );
    expect(Number(stdout)).toBeLessThan(210);
  });
});
