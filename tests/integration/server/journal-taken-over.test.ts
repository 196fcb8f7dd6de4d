import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '../../../kernel/alive.ts';
import { latest } from '../../../server/services/kernels/keep/claims.ts';
import { KeepStore } from '../../../server/services/kernels/keep/store.ts';
import { codeCell, NotebookPage, notebookWith } from '../../support/notebook-page.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

const path = 'n.ipynb';
const pollMs = 20_000;
const code = `import os, time
print(os.getpid(), flush=True)
while not os.path.exists("go"): time.sleep(0.01)
print("went on", flush=True)
open("gone", "w").close()
while not os.path.exists("end"): time.sleep(0.01)
print("the end")`;

describe('the journal of a kernel that the next server takes over', { timeout: 90_000 }, () => {
  let server: RepliqueServer;
  let page: NotebookPage;
  let run: string;
  let pid: number;
  beforeEach(() => begin(60));
  async function begin(keepKernelsSeconds: number): Promise<void> {
    server = await RepliqueServer.start({ keepKernelsSeconds });
    writeFileSync(
      join(server.workspace, path),
      JSON.stringify(notebookWith(codeCell('a', code), codeCell('b', '"next"'))),
    );
    page = await NotebookPage.open(server, path);
    run = page.run('a');
    await page.printing(run);
    pid = Number(page.client.printed(run));
  }
  afterEach(() => server.close());

  const create = (name: string): void => writeFileSync(join(server.workspace, name), '');
  const there = (name: string): Promise<void> =>
    expect.poll(() => existsSync(join(server.workspace, name)), { timeout: pollMs }).toBe(true);
  const isIdle = async ({ kernel }: NotebookPage): Promise<void> => {
    const state = async (): Promise<unknown> =>
      (await server.json(`api/kernels/${kernel}`))['execution_state'];
    await expect.poll(state, { timeout: pollMs }).toBe('idle');
  };
  const printed = (...outputs: string[]): object[] => [
    { output_type: 'stream', name: 'stdout', text: [`${pid}\n`, ...outputs].join('') },
  ];
  const onDisk = (): string => readFileSync(join(server.workspace, path), 'utf8');

  it('lets its page save, before and after, without a question, and what it removes stays removed', async () => {
    await page.save();
    await server.leave();
    create('go');
    await there('gone');
    server = await server.next();
    await page.moveTo(server);
    await page.save();
    create('end');
    await page.finished(run);
    expect(page.outputs('a')).toEqual(printed('went on\n', 'the end\n'));
    await page.save();
    page.cell('a').outputs = [];
    await page.save();
    await page.finished(page.run('b'));
    await page.save();
    await page.close();
    const again = await NotebookPage.open(server, path);
    expect(again.outputs('a')).toEqual([]);
    expect(again.outputs('b')).toMatchObject([{ output_type: 'execute_result', execution_count: 2 }]);
    await again.close();
  });

  it('has for another page all of it, once, when the page that asked is gone', async () => {
    await page.close();
    await server.leave();
    create('go');
    create('end');
    server = await server.next();
    const other = await NotebookPage.open(server, path);
    await isIdle(other);
    await other.reload();
    expect(other.outputs('a')).toEqual(printed('went on\n', 'the end\n'));
    expect(other.cell('a').execution_count).toBe(1);
    await other.close();
  });

  it('is left alone by a server of another address, also while nobody has the kernel', async () => {
    await page.close();
    await server.leave();
    const stranger = await server.next({ baseUrl: '/other/' });
    expect(await stranger.json('api/kernels')).toEqual([]);
    expect(onDisk()).not.toContain('The kernel ended');
    server = await server.next();
    create('go');
    create('end');
    const other = await NotebookPage.open(server, path);
    await isIdle(other);
    await other.reload();
    expect(other.outputs('a')).toEqual(printed('went on\n', 'the end\n'));
    await other.close();
    await stranger.leave();
  });

  it('has what came while nobody was there, where nobody came in time, also at another address', async () => {
    await page.close();
    await server.close();
    await begin(2);
    await page.close();
    await server.leave();
    const kept = join(server.top, 'runtime', 'replique-server');
    const [name = ''] = readdirSync(kept);
    const watch = () => new KeepStore(join(kept, name), latest(join(kept, name))).watch();
    await expect.poll(watch, { timeout: pollMs }).toBeDefined();
    const watcher = watch()?.pid ?? 0;
    create('go');
    await there('gone');
    await expect.poll(() => existsSync(kept), { timeout: pollMs }).toBe(false);
    // Until it has ended, what it writes is its own.
    await expect.poll(() => isAlive(watcher), { timeout: pollMs }).toBe(false);
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(onDisk()).not.toContain(String.raw`"went on\n"`);
    server = await server.next({ baseUrl: '/other/' });
    const { cells } = JSON.parse(onDisk()) as { cells: { outputs: object[] }[] };
    expect(cells[0]!.outputs).toEqual([
      { output_type: 'stream', name: 'stdout', text: [`${pid}\n`, 'went on\n'] },
      { output_type: 'stream', name: 'stderr', text: ['\n', 'The kernel ended while this cell ran.\n'] },
    ]);
  });

  it('has what came while nobody was there, also where all have ended and another address comes first', async () => {
    await page.close();
    await server.leave();
    create('go');
    await there('gone');
    const kept = join(server.top, 'runtime', 'replique-server');
    const [name = ''] = readdirSync(kept);
    const store = new KeepStore(join(kept, name), latest(join(kept, name)));
    const file = store.messagesFile(page.kernel);
    await expect.poll(() => readFileSync(file, 'utf8'), { timeout: pollMs }).toContain('went on');
    const watcher = store.watch()?.pid ?? 0;
    for (const each of [watcher, pid]) process.kill(each, 'SIGKILL');
    await expect.poll(() => isAlive(watcher) || isAlive(pid), { timeout: pollMs }).toBe(false);
    const whole = [
      ...printed('went on\n'),
      { output_type: 'stream', name: 'stderr', text: '\nThe kernel ended while this cell ran.\n' },
    ];
    const served = async (): Promise<unknown> =>
      (await server.json<{ content: { cells: { outputs: object[] }[] } }>(`api/contents/${path}?content=1`))
        .content.cells[0]!.outputs;
    const stranger = await server.next({ baseUrl: '/other/' });
    expect(onDisk()).toContain(String.raw`"went on\n"`);
    await stranger.leave();
    server = await server.next();
    expect(await server.json('api/kernels')).toEqual([]);
    expect(await served()).toEqual(whole);
  });

  it('says so where the kernel has ended meanwhile, after all that it has printed', async () => {
    await page.close();
    await server.leave();
    create('go');
    await there('gone');
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: pollMs }).toBe(false);
    server = await server.next();
    expect(await server.json('api/kernels')).toEqual([]);
    const { content } = await server.json<{ content: { cells: { outputs: object[] }[] } }>(
      `api/contents/${path}?content=1`,
    );
    expect(content.cells[0]!.outputs).toEqual([
      ...printed('went on\n'),
      { output_type: 'stream', name: 'stderr', text: '\nThe kernel ended while this cell ran.\n' },
    ]);
    expect(onDisk()).toContain(String.raw`"went on\n"`);
  });
});
