import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { createBashTool } from '../../kernel/tools/bash.ts';
import { createPythonTool } from '../../kernel/tools/python.ts';
import { run, Workers } from '../support/workers.ts';

const workers = new Workers();
let worker: SessionWorker;

beforeAll(async () => {
  ({ worker } = workers.create());
  await worker.ready();
});
afterAll(() => workers.close());

describe('questions about code', () => {
  it('completes names and attributes, counted in code points', async () => {
    await run(worker, 'import os\nvery_long_name = 1');
    expect((await worker.complete('very_lo', 7)).matches).toContain('very_long_name');
    const found = await worker.complete('len("😀") + os.getc', 18);
    expect(found.matches.some((match) => match.includes('getcwd'))).toBe(true);
    expect(found.cursorEnd).toBe(18);
    expect((await worker.complete('nothing_like_that', 17)).matches).toEqual([]);
  });

  it('inspects what there is', async () => {
    expect((await worker.inspect('len(', 3, 0))!['text/plain']).toContain('number of items');
    expect(await worker.inspect('nothing_like_that', 5, 1)).toBeUndefined();
  });

  it('knows whether code is complete', async () => {
    expect(await worker.isComplete('1 + 1')).toEqual({ status: 'complete' });
    expect(await worker.isComplete('for i in x:')).toEqual({ status: 'incomplete', indent: '    ' });
    expect(await worker.isComplete('x = = 1')).toEqual({ status: 'invalid' });
  });

  it('tells what stands in memory, without running helpers’ own code', async () => {
    const { worker: other } = workers.create();
    expect(await other.variables()).toEqual([]);
    await run(
      other,
      `import numpy as np, pandas as pd
sales = pd.DataFrame({"region": ["East", "West"], "amount": [3, 4]})
totals = sales.groupby("region")["amount"].sum()
largest, share, name, words, ages = totals.max(), 0.5, "x" * 80, ["a"] * 3, {"Ana": 7}
grid, _hidden = np.zeros((2, 3)), sales
class Odd:
    def __repr__(self): raise SystemExit
    def __len__(self):
        while True: pass
odd = Odd()
def double(x): return 2 * x
sales.columns = ["region", odd]`,
    );
    const found = (await other.variables()).map(({ name, value }) => `${name}: ${value}`);
    expect(found).toEqual([
      'sales: DataFrame of 2 rows; columns region, Odd',
      'totals: Series of 2; index East, West',
      'grid: ndarray (2, 3) float64',
      'odd: Odd',
    ]);
    await run(other, 'for number in range(1000): globals()[f"v{number}"] = Odd()');
    const newest = await other.variables();
    expect(newest).toHaveLength(30);
    expect(newest.at(-1)!.name).toBe('v999');
  });

  it('goes on when an object’s own code is endless or fails', async () => {
    await run(
      worker,
      'class Odd:\n    def __dir__(self): raise SystemExit\n    def _ipython_key_completions_(self):\n        while True: pass\nodd = Odd()',
    );
    expect((await worker.complete('odd.', 4)).matches).toBeDefined();
    expect((await worker.complete('odd["', 5)).matches).toEqual([]);
    expect((await run(worker, 'print(very_long_name)')).stdout).toBe('1\n');
  }, 60_000);
});

describe('tools on the worker', () => {
  const context = (seen: string[] = []) => ({
    signal: new AbortController().signal,
    timeoutMs: 30_000,
    onOutput: (output: { kind: string; text?: string }) => void seen.push(output.text ?? output.kind),
  });

  it('run their language', async () => {
    const seen: string[] = [];
    const python = createPythonTool(worker);
    const bash = createBashTool(worker);
    expect(await python.execute('print(1)', context(seen))).toMatchObject({ status: 'ok' });
    expect(await bash.execute('echo 2', context(seen))).toMatchObject({ status: 'ok' });
    expect(seen.join('')).toBe('1\n2\n');
    expect([python.name, bash.name]).toEqual(['python', 'bash']);
    expect([python.getCapabilities().stateful, bash.getCapabilities().stateful]).toEqual([true, false]);
  });

  it('refuse Python that does not compile, with line and caret, and run none of it', async () => {
    const python = createPythonTool(worker);
    for (const code of ['%time 1', '!ls', 'await x', '%%bash\nls', 'x = "\\d"', 'len?']) {
      expect(await python.validateCode(code)).toEqual({ ok: true });
    }
    const refused = await python.validateCode('touched = 1\nfor x in\n');
    expect(refused).toMatchObject({ ok: false });
    const { problem } = refused as { problem: string };
    expect(problem).toContain('line 2');
    expect(problem).toContain('^');
    expect(problem).toContain('SyntaxError');
    for (const code of ['', ' \n', 'x = "\0"', 'return 1', `${'('.repeat(500)}${')'.repeat(500)}`]) {
      expect((await python.validateCode(code)).ok).toBe(false);
    }
    expect((await run(worker, 'touched')).error!.ename).toBe('NameError');
  });

  it('refuse bash that does not parse, with the line', async () => {
    const bash = createBashTool(worker);
    expect(await bash.validateCode('for i in 1 2; do echo $i; done')).toEqual({ ok: true });
    const refused = await bash.validateCode('touch touched\n)');
    expect((refused as { problem: string }).problem).toContain('line 2');
    expect((await run(worker, 'ls', { language: 'bash' })).stdout).not.toContain('touched');
  });
});
