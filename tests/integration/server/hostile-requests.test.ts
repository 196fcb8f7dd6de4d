import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeldMessages } from '../../../server/services/kernels/held.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

/** What the fuzzer has found, each for itself. */
describe('a hostile request', () => {
  let server: RepliqueServer;
  beforeAll(async () => {
    server = await RepliqueServer.start();
    const still = join(server.top, 'data', 'kernels', 'still');
    mkdirSync(still, { recursive: true });
    const spec = { argv: ['/bin/sleep', '3600'], display_name: 'still', language: 'none' };
    writeFileSync(join(still, 'kernel.json'), JSON.stringify(spec));
  });
  afterAll(() => server.close());

  it('to trust what is no notebook is refused with a sentence', async () => {
    writeFileSync(join(server.workspace, 'a.txt'), 'text');
    const response = await server.send('POST', 'api/contents/a.txt/trust');
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ message: expect.stringMatching(/^Unreadable Notebook: a\.txt: /) as string }),
    ]);
  });

  it('to save trusted outputs that are none is refused', async () => {
    const cell = {
      cell_type: 'code',
      id: 'a',
      metadata: { trusted: true },
      source: '',
      execution_count: null,
    };
    const content = { cells: [{ ...cell, outputs: [null] }], metadata: {}, nbformat: 4, nbformat_minor: 5 };
    const body = { type: 'notebook', format: 'json', content };
    expect((await server.send('PUT', 'api/contents/n.ipynb', body)).status).toBe(400);
  });

  it('for a file of a kernelspec with an endless name finds nothing', async () => {
    expect((await server.request(`kernelspecs/replique/${'l'.repeat(3000)}`)).status).toBe(404);
  });

  it('for a terminal where no directory can be begins in the served one', async () => {
    for (const cwd of ['\0', 'l'.repeat(4000), 'a.txt/x']) {
      const response = await server.send('POST', 'api/terminals', { cwd });
      expect(response.status).toBe(200);
      const { name } = (await response.json()) as { name: string };
      expect((await server.send('DELETE', `api/terminals/${name}`)).status).toBe(204);
    }
  });

  it('for a session whose name no environment can hold starts its kernel all the same', async () => {
    const body = { path: 'x.ipynb', name: 'a\0b', type: 'notebook', kernel: { name: 'still' } };
    const response = await server.send('POST', 'api/sessions', body);
    expect(response.status).toBe(201);
    const { id } = (await response.json()) as { id: string };
    expect((await server.send('DELETE', `api/sessions/${id}`)).status).toBe(204);
  });

  it('to restart a kernel that is shut down meanwhile is told that it is gone', async () => {
    const made = await server.send('POST', 'api/kernels', { name: 'still' });
    const { id } = (await made.json()) as { id: string };
    const restarted = server.send('POST', `api/kernels/${id}/restart`);
    expect((await server.send('DELETE', `api/kernels/${id}`)).status).toBe(204);
    expect((await restarted).status).toBe(404);
  });
});

it('what waits for a kernel that is not there yet is bounded in bytes', () => {
  const held = new HeldMessages();
  const part = Buffer.alloc(2 ** 22);
  const add = (): void =>
    held.add({
      channel: 'shell',
      message: { channel: 'shell', parts: [part, part, part, part], buffers: [] },
    });
  expect(held.room()).toBeUndefined();
  add();
  expect(held.room()).toBeInstanceOf(Promise);
  held.clear();
  expect(held.room()).toBeUndefined();
});
