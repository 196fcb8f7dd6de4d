import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeCell, NotebookPage, notebookWith, type PageCell } from '../../support/notebook-page.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

const lines = (count: number): string => Array.from({ length: count }, (_, n) => `line ${n}\n`).join('');
const slow = (count: number): string =>
  `import time\nfor n in range(${count}): print("line", n, flush=True); time.sleep(0.02)`;

describe('a notebook whose page is away', { timeout: 60_000 }, () => {
  let server: RepliqueServer;
  beforeAll(async () => {
    server = await RepliqueServer.start({ inputSeconds: 0.3 });
  }, 120_000);
  afterAll(() => server.close());

  let count = 0;
  const page = async (...cells: PageCell[]): Promise<{ page: NotebookPage; path: string }> => {
    const path = `n${(count += 1)}.ipynb`;
    writeFileSync(join(server.workspace, path), JSON.stringify(notebookWith(...cells)));
    return { page: await NotebookPage.open(server, path), path };
  };
  const onDisk = (path: string): { cells: { id: string; outputs: { text?: string[] }[] }[] } =>
    JSON.parse(readFileSync(join(server.workspace, path), 'utf8')) as never;
  const textIn = (path: string, cell: string): string =>
    (onDisk(path).cells.find(({ id }) => id === cell)?.outputs ?? [])
      .flatMap(({ text }) => text ?? [])
      .join('');
  const idle = (kernel: string): Promise<void> =>
    expect
      .poll(() => server.json(`api/kernels/${kernel}`), { timeout: 20_000 })
      .toMatchObject({ execution_state: 'idle' });
  const stream = (text: string): object => ({ output_type: 'stream', name: 'stdout', text });

  it('shows all that happened when it is opened again, once, and its file holds it', async () => {
    const { page: first, path } = await page(codeCell('a', slow(30)), codeCell('b', '"next"'));
    const id = first.run('a');
    first.run('b');
    await first.client.until(
      ({ header, parent_header }) => header.msg_type === 'stream' && parent_header.msg_id === id,
    );
    await first.save();
    await first.close();
    await idle(first.kernel);
    const second = await NotebookPage.open(server, path);
    expect(second.outputs('a')).toEqual([stream(lines(30))]);
    expect(second.cell('a').execution_count).toBe(1);
    expect(second.outputs('b')).toMatchObject([{ output_type: 'execute_result', execution_count: 2 }]);
    expect(textIn(path, 'a')).toBe(lines(30));
    await second.save();
    await second.close();
  });

  it('is saved by its page alone when that comes back', async () => {
    const { page: first, path } = await page(codeCell('a', slow(30)));
    const id = first.run('a');
    await first.client.until(({ header }) => header.msg_type === 'stream');
    await first.save();
    await first.lose();
    await idle(first.kernel);
    await first.save(); // before its socket is open again: an older version
    await first.connect();
    await first.finished(id);
    await first.save();
    expect(first.outputs('a')).toEqual([stream(lines(30))]);
    expect(textIn(path, 'a')).toBe(lines(30));
    first.cell('a').outputs = [];
    await first.save();
    expect(textIn(path, 'a')).toBe('');
    await first.close();
    expect((await NotebookPage.open(server, path)).outputs('a')).toEqual([]);
  });
});
