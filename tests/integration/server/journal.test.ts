import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  codeCell,
  FileChanged,
  NotebookPage,
  notebookWith,
  type PageCell,
} from '../../support/notebook-page.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

const lines = (count: number): string => Array.from({ length: count }, (_, n) => `line ${n}\n`).join('');
const slow = (count: number): string =>
  `import time\nfor n in range(${count}): print("line", n, flush=True); time.sleep(0.02)`;

const draws = 'from IPython.display import HTML, display\ndisplay(HTML(\'<b onclick="x()">bold</b>\'))';
const script = [
  { text: `<helpers lang="python">\n${draws}\n</helpers>` },
  { text: 'The final words.', chunk: 4, delayMs: 100 },
];

describe('a notebook whose page is away', { timeout: 60_000 }, () => {
  let server: RepliqueServer;
  beforeAll(async () => {
    server = await RepliqueServer.start({ inputSeconds: 2 }, script);
  }, 120_000);
  afterAll(() => server.close());

  /** Prints one half of the lines, and the other when it is told to: what is on its way when a network breaks, nobody has. */
  const inTwo = (count: number): string =>
    `import os, time
for n in range(${count}):
    if n == ${count / 2}:
        while not os.path.exists("go-on"): time.sleep(0.01)
        os.remove("go-on")
    print("line", n, flush=True); time.sleep(0.02)`;
  const goOn = (): void => writeFileSync(join(server.workspace, 'go-on'), '');

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
  /** Waits until a cell has its number in the notebook that the server shows. */
  const numbered = (path: string, cell: string, number: number): Promise<void> =>
    expect
      .poll(async () => {
        const { content } = await server.json<{ content: { cells: PageCell[] } }>(
          `api/contents/${path}?content=1`,
        );
        return content.cells.find(({ id }) => id === cell)?.execution_count;
      })
      .toBe(number);
  const stream = (text: string): object => ({ output_type: 'stream', name: 'stdout', text });

  it('shows all that happened when it is opened again, once, and its file holds it', async () => {
    const { page: first, path } = await page(codeCell('a', slow(30)), codeCell('b', '"next"'));
    const id = first.run('a');
    first.run('b');
    await first.printing(id);
    await first.save();
    await first.close();
    await numbered(path, 'b', 2);
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
    const { page: first, path } = await page(codeCell('a', inTwo(30)));
    const id = first.run('a');
    await first.client.until(() => first.client.printed(id) === lines(15));
    await first.save();
    await first.lose();
    goOn();
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

  it('is saved with a cell that its page never saved, behind the one that ran before', async () => {
    const { page: first, path } = await page(codeCell('a', '"one"'), codeCell('z', ''));
    await first.finished(first.run('a'));
    first.notebook.cells.splice(1, 0, codeCell('new', slow(10)));
    const id = first.run('new');
    await first.printing(id);
    await first.close();
    await idle(first.kernel);
    const second = await NotebookPage.open(server, path);
    expect(second.notebook.cells.map(({ id: cell }) => cell)).toEqual(['a', 'new', 'z']);
    expect(second.cell('new')).toMatchObject({ source: slow(10), outputs: [stream(lines(10))] });
    second.notebook.cells.splice(1, 1);
    await second.save();
    await second.close();
    expect((await NotebookPage.open(server, path)).notebook.cells.map(({ id: cell }) => cell)).toEqual([
      'a',
      'z',
    ]);
  });

  it('keeps the version that its page knows, until somebody else writes the file', async () => {
    const { page: first, path } = await page(codeCell('a', inTwo(20)), codeCell('b', ''));
    const id = first.run('a');
    await first.client.until(() => first.client.printed(id) === lines(10));
    await first.lose();
    goOn();
    await idle(first.kernel);
    const other = await NotebookPage.open(server, path);
    expect(other.outputs('a')).toEqual([stream(lines(20))]);
    expect(textIn(path, 'a')).toBe(lines(20));
    await other.close();
    first.cell('b').source = 'edited';
    await first.save();
    expect(onDisk(path)).toMatchObject({ cells: [{}, { source: ['edited'] }] });
    expect(textIn(path, 'a')).toBe(lines(20));
    const written = onDisk(path);
    written.cells[0]!.outputs = [];
    writeFileSync(join(server.workspace, path), JSON.stringify(written));
    await expect(first.save()).rejects.toThrow(FileChanged);
    await other.connect();
    await expect(other.save()).rejects.toThrow(FileChanged);
    await other.close();
  });

  it('is left alone where a cell has another text by now, or was run again', async () => {
    const { page: first, path } = await page(codeCell('a', slow(10)), codeCell('b', slow(10)));
    first.run('a');
    const again = first.run('b');
    await first.client.until(({ parent_header }) => parent_header.msg_id === again);
    first.cell('a').source = '"other"';
    first.run('b');
    await first.save();
    await first.close();
    await numbered(path, 'b', 3);
    await idle(first.kernel);
    const second = await NotebookPage.open(server, path);
    expect(second.cell('a')).toMatchObject({ source: '"other"', outputs: first.outputs('a') });
    expect(second.outputs('b')).toEqual([stream(lines(10))]);
    expect(second.cell('b').execution_count).toBe(3);
    await second.close();
  });

  it('has its question denied after a while, but not when it comes back before', async () => {
    const ask = 'try: print("got", input("? "))\nexcept EOFError: print("nobody")';
    const { page: first, path } = await page(codeCell('a', ask), codeCell('b', ask));
    const asked = first.run('a');
    const question = ({ header }: { header: { msg_type: string } }) => header.msg_type === 'input_request';
    await first.client.until(question);
    await first.lose();
    await idle(first.kernel);
    await first.connect();
    await first.finished(asked);
    expect(first.outputs('a')).toEqual([stream('nobody\n')]);
    const second = first.run('b');
    await first.client.until((message) => question(message) && message.parent_header.msg_id === second);
    await first.lose();
    await first.connect();
    await sleep(2500); // longer than it would have had
    first.client.send('input_reply', { value: 'me' }, 'stdin');
    await first.finished(second);
    expect(first.outputs('b')).toEqual([stream('got me\n')]);
    await first.save();
    await first.close();
    expect(textIn(path, 'b')).toBe('got me\n');
  });

  it('is shown what passed the firewall as trusted, and nothing else', async () => {
    const html = 'from IPython.display import HTML\nHTML("<b onclick=\\"x()\\">bold</b>")';
    const { page: python } = await page(codeCell('a', html));
    python.run('a');
    await python.client.until(({ header }) => header.msg_type === 'execute_result');
    await idle(python.kernel);
    await python.close();
    await python.reload();
    expect(python.outputs('a')).toMatchObject([{ data: { 'text/html': '<b onclick="x()">bold</b>' } }]);
    expect(python.cell('a').metadata['trusted']).toBe(false);
    const path = 'ours.ipynb';
    writeFileSync(join(server.workspace, path), JSON.stringify(notebookWith(codeCell('a', 'Draw a table.'))));
    const ours = await NotebookPage.open(server, path, 'replique');
    ours.run('a');
    await ours.client.until(({ header }) => header.msg_type === 'display_data');
    await ours.close();
    await idle(ours.kernel);
    await ours.reload();
    const outputs = ours.outputs('a').map((output) => JSON.stringify(output));
    expect(outputs.filter((output) => output.includes('<b>bold</b>'))).toHaveLength(1);
    expect(outputs.filter((output) => output.includes('The final words.'))).toHaveLength(1);
    expect(ours.cell('a').metadata['trusted']).toBe(true);
  });
});
