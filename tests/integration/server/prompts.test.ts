import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { promptBody } from '../../../server/services/replique/routes.ts';
import { codeCell, NotebookPage, notebookWith, type PageCell } from '../../support/notebook-page.ts';
import { testPython } from '../../support/python.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads events, in pieces as they come, until there are so many or no more. */
async function eventsOf(response: Response, most = Infinity): Promise<Event[]> {
  const events: Event[] = [];
  let text = '';
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    text += value ?? '';
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, id, event, data] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (id !== undefined) events.push({ id, event: event!, data: JSON.parse(data!) as Event['data'] });
    }
    if (!done && events.length < most) continue;
    await reader.cancel();
    return events;
  }
}

describe('cells without a page', { timeout: 60_000 }, () => {
  let server: RepliqueServer;
  beforeAll(async () => {
    server = await RepliqueServer.start({}, [{ text: 'Forty-two.', chunk: 3, delayMs: 20 }]);
  }, 120_000);
  afterAll(() => server.close());

  const write = (path: string, ...cells: PageCell[]): void =>
    writeFileSync(join(server.workspace, path), JSON.stringify(notebookWith(...cells)));
  const session = async (path: string, name = 'python3', type = 'notebook'): Promise<string> => {
    const answer = await server.send('POST', 'api/sessions', { path, type, kernel: { name } });
    return ((await answer.json()) as { id: string }).id;
  };
  const prompt = async (id: string, body: object): Promise<Record<string, string>> => {
    const answer = await server.send('POST', `api/replique/sessions/${id}/prompt`, body);
    expect(answer.status).toBe(202);
    const started = (await answer.json()) as Record<string, string>;
    expect(answer.headers.get('location')).toBe(started['events']);
    return started;
  };
  const events = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
    server.request(url.replace(/^\//, ''), { headers });

  it('run in a new cell at the end, tell what happens, and are in the notebook', async () => {
    write('a.ipynb', codeCell('a', '1'), codeCell('b', '2'));
    const id = await session('a.ipynb');
    const first = await prompt(id, { prompt: 'print("one")\n"two"' });
    const told = await eventsOf(await events(first['events']!));
    expect(told.map(({ event }) => event)).toEqual(['started', 'output', 'output', 'finished']);
    const about = { run: first['run'], cell_id: first['cell_id'] };
    expect(told[0]!.data).toEqual({ ...about, prompt: 'print("one")\n"two"' });
    expect(told[1]!.data).toMatchObject({ ...about, type: 'stream', content: { text: 'one\n' } });
    expect(told[2]!.data).toMatchObject({ ...about, type: 'execute_result' });
    expect(told[3]!.data).toEqual({ ...about, status: 'ok', execution_count: 1 });
    const second = await prompt(id, { cell_id: 'b' });
    await eventsOf(await events(second['events']!));
    const page = await NotebookPage.open(server, 'a.ipynb');
    expect(page.notebook.cells.map((cell) => cell.id)).toEqual(['a', 'b', first['cell_id']]);
    expect(page.outputs('b')).toMatchObject([{ data: { 'text/plain': '2' }, execution_count: 2 }]);
    expect(page.outputs(first['cell_id']!)).toHaveLength(2);
    expect(page.outputs('a')).toEqual([]);
    await page.save();
    await page.close();
  });

  it('are put into what a page saves that does not know of them', async () => {
    write('open.ipynb', codeCell('a', '"page"'));
    const page = await NotebookPage.open(server, 'open.ipynb');
    const started = await prompt(page.jupyterSession, { prompt: '"added"' });
    await eventsOf(await events(started['events']!));
    await page.finished(page.run('a'));
    await page.save();
    await page.save();
    await page.close();
    await page.reload();
    expect(page.outputs('a')).toMatchObject([{ data: { 'text/plain': "'page'" } }]);
    expect(page.outputs(started['cell_id']!)).toMatchObject([{ data: { 'text/plain': "'added'" } }]);
    expect(page.notebook.cells).toHaveLength(2);
  });

  it('are told of from where a reader left, whatever it says that it has', async () => {
    write('again.ipynb');
    const id = await session('again.ipynb');
    const slow = 'import time\nfor n in range(5): print(n, flush=True); time.sleep(0.1)';
    const { events: url = '', run } = await prompt(id, { prompt: slow });
    const before = await eventsOf(await events(url), 2);
    const after = await eventsOf(await events(url, { 'last-event-id': before.at(-1)!.id }));
    const all = [...before, ...after];
    const texts = all.map(({ data }) => (data['content'] as { text?: string } | undefined)?.text ?? '');
    expect(texts.join('')).toBe('0\n1\n2\n3\n4\n');
    expect(all.filter(({ event }) => event === 'started')).toHaveLength(1);
    expect(all.at(-1)).toMatchObject({ event: 'finished', data: { run } });
    const [missed] = await eventsOf(await events(url, { 'last-event-id': 'nonsense' }));
    expect(missed).toMatchObject({ event: 'missed', data: {} });
    const live = eventsOf(await events(`api/replique/sessions/${id}/events`), 1);
    const next = await prompt(id, { prompt: '1' });
    expect((await live)[0]).toMatchObject({ event: 'started', data: { run: next['run'] } });
  });

  it.each([
    ['GET', 'events'],
    ['GET', 'events?running=1'],
    ['HEAD', 'events'],
  ])('are listened to by who is there, not by who has left (%s %s)', async (method, what) => {
    write('left.ipynb');
    const id = await session('left.ipynb');
    await prompt(id, { prompt: 'import time; time.sleep(600)' });
    const listened = await Promise.all(
      Array.from({ length: 110 }, async () => {
        const gone = new AbortController();
        const { signal } = gone;
        const { status } = await server.request(`api/replique/sessions/${id}/${what}`, { method, signal });
        gone.abort();
        return status;
      }),
    );
    expect(listened.filter((status) => status === 200).length).toBeGreaterThanOrEqual(100);
    const again = async (): Promise<number> => {
      const answer = await events(`api/replique/sessions/${id}/${what}`);
      await answer.body?.cancel();
      return answer.status;
    };
    await expect.poll(again, { timeout: 10_000 }).toBe(200);
    await server.request(`api/sessions/${id}`, { method: 'DELETE' });
  });

  it('end as died where the kernel is restarted', async () => {
    write('died.ipynb');
    const id = await session('died.ipynb');
    const { events: url = '', cell_id: cell = '' } = await prompt(id, {
      prompt: 'import time; time.sleep(60)',
    });
    const told = eventsOf(await events(url));
    const { kernel } = await server.json<{ kernel: { id: string } }>(`api/sessions/${id}`);
    await expect
      .poll(() => server.json(`api/kernels/${kernel.id}`), { timeout: 20_000 })
      .toMatchObject({ execution_state: 'busy' });
    expect((await server.send('POST', `api/kernels/${kernel.id}/restart`)).status).toBe(200);
    expect((await told).at(-1)).toMatchObject({ event: 'finished', data: { status: 'died' } });
    const page = await NotebookPage.open(server, 'died.ipynb');
    expect(page.outputs(cell)).toMatchObject([
      { name: 'stderr', text: expect.stringContaining('kernel ended while this cell ran') as string },
    ]);
    await page.close();
  });

  it('are refused with a sentence where they can’t be run', async () => {
    write('refused.ipynb', codeCell('a', '1'));
    const id = await session('refused.ipynb');
    const missing = await session('missing.ipynb');
    const console = await session('console', 'python3', 'console');
    const cases: [string, unknown, number][] = [
      [id, {}, 400],
      [id, { prompt: '' }, 400],
      [id, { prompt: 'x', cell_id: 'a' }, 400],
      [id, { prompt: 'x'.repeat(500_001) }, 400],
      [id, { cell_id: 'nowhere' }, 404],
      [missing, { prompt: 'x' }, 404],
      [console, { prompt: 'x' }, 400],
      ['nobody', { prompt: 'x' }, 404],
    ];
    for (const [where, body, status] of cases) {
      const answer = await server.send('POST', `api/replique/sessions/${where}/prompt`, body);
      const { message } = (await answer.json()) as { message: string };
      expect([answer.status, message], JSON.stringify(body).slice(0, 60)).toEqual([
        status,
        expect.stringMatching(/\w{2}/),
      ]);
    }
    expect((await events(`api/replique/sessions/${id}/events?run=none`)).status).toBe(404);
    expect((await events(`api/replique/sessions/${id}/events?run=`)).status).toBe(400);
    const shared = {
      path: 'other.ipynb',
      type: 'notebook',
      kernel: (await server.json<{ kernel: object }>(`api/sessions/${id}`)).kernel,
    };
    await server.send('POST', 'api/sessions', shared);
    expect((await server.send('POST', `api/replique/sessions/${id}/prompt`, { prompt: 'x' })).status).toBe(
      409,
    );
    for (const path of [`sessions/${id}/events`, 'spec.yaml']) {
      expect((await fetch(`${server.url}api/replique/${path}`)).status).toBe(403);
    }
  });

  it('are run by the client of the documentation', async () => {
    const docs = readFileSync(join(import.meta.dirname, '../../../docs/server.md'), 'utf8');
    const [, client = ''] = /```python\n(.*?)```/s.exec(docs) ?? [];
    expect(
      client
        .trim()
        .split('\n')
        .filter((line) => line !== '').length,
    ).toBeLessThanOrEqual(20);
    write('client.ipynb');
    const { stdout } = await promisify(execFile)(
      testPython(),
      ['-c', client, 'client.ipynb', 'What is it?'],
      {
        env: { SERVER: server.url, TOKEN: server.token },
      },
    );
    expect(stdout).toContain('Forty-two.');
    expect(stdout).toMatch(/ok in cell [0-9a-f-]{36}\n$/);
  });

  it('are described in OpenAPI as they are', async () => {
    const answer = await server.request('api/replique/spec.yaml');
    expect(answer.headers.get('content-type')).toBe('application/yaml; charset=utf-8');
    const program = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.argv[1])))';
    const { stdout } = await promisify(execFile)(testPython(), ['-c', program, await answer.text()]);
    const spec = JSON.parse(stdout) as {
      openapi: string;
      paths: Record<string, object>;
      components: { schemas: { Prompt: { anyOf: object[] } } };
    };
    expect(spec.openapi).toBe('3.1.0');
    const paths = ['/api/replique/sessions/{id}/prompt', '/api/replique/sessions/{id}/events'];
    expect(Object.keys(spec.paths)).toEqual(paths);
    const { anyOf } = z.toJSONSchema(promptBody);
    expect(spec.components.schemas.Prompt).toEqual({ anyOf });
    const refs = [...JSON.stringify(spec).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, ref]) =>
      ref!.split('/'),
    );
    for (const ref of refs)
      expect(ref.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], spec)).toBeDefined();
  });
});
