import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { run, Workers } from '../support/workers.ts';

const wide = 'import pandas as pd\ntable = pd.DataFrame({f"column_{i}": [i, i * 1000] for i in range(25)})\n';

describe('tables as text', () => {
  const workers = new Workers();
  let worker: SessionWorker;
  beforeAll(() => {
    worker = workers.create().worker;
  });
  afterAll(() => workers.close());

  it('have whole lines and all columns, as a result and printed, from the import on', async () => {
    const { stdout, outputs } = await run(worker, `${wide}print(table)\ntable`);
    const [result] = outputs.flatMap((output) => (output.kind === 'result' ? [output.data] : []));
    for (const text of [stdout.trimEnd(), String(result?.['text/plain'])]) {
      expect(text.split('\n')).toHaveLength(3);
      for (let i = 0; i < 25; i += 1) expect(text).toContain(`column_${i}`);
      expect(text).not.toContain('...');
    }
    expect(result).toHaveProperty('text/html');
  });

  it('are as a helper’s own options say, where it sets them', async () => {
    await run(worker, 'pd.set_option("display.width", 60); pd.set_option("display.max_columns", 4)');
    const { stdout } = await run(worker, 'print(table)');
    expect(stdout).toContain('...');
  });

  it('leave a module that calls itself pandas alone', async () => {
    const other = workers.create().worker;
    await run(other, 'open("pandas.py", "w").write("answer = 42")');
    expect((await run(other, 'import pandas; print(pandas.answer)')).stdout).toBe('42\n');
    expect((await run(other, 'import no_such_module')).error?.ename).toBe('ModuleNotFoundError');
  });
});
