import { join } from 'node:path';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { labEnvDir } from '../../../kernel/paths.ts';
import { loadServerConfig } from '../../../server/config.ts';
import { Keep } from '../../../server/services/kernels/keep/keep.ts';
import { KernelManager } from '../../../server/services/kernels/manager.ts';
import { KernelspecManager } from '../../../server/services/kernelspecs/manager.ts';
import { SessionManager } from '../../../server/services/sessions/manager.ts';
import { installKernelspec } from '../../support/other-kernels.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

interface Model {
  readonly id: string;
  readonly path: string;
  readonly name: string | null;
  readonly type: string;
  readonly kernel: { readonly id: string; readonly name: string };
  readonly notebook?: object;
}

interface Answer {
  readonly status: number;
  readonly body: Model & { readonly message?: string; readonly short_message?: string };
}

describe('sessions', { timeout: 60_000 }, () => {
  let server: RepliqueServer;
  beforeAll(async () => {
    server = await RepliqueServer.start();
    const spec = { argv: ['/nowhere/program'], display_name: 'Nowhere', language: 'none' };
    installKernelspec(join(server.top, 'data'), 'nowhere', spec);
  });
  afterAll(() => server.close());
  afterEach(async () => {
    for (const { id } of await list()) await send('DELETE', id);
    for (const { id } of await kernels()) await server.send('DELETE', `api/kernels/${id}`);
  });

  async function send(method: string, id: string, body?: object): Promise<Answer> {
    const response = await server.send(method, id === '' ? 'api/sessions' : `api/sessions/${id}`, body);
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answer['body'] };
  }
  const create = (path: string, kernel: object | null = { name: 'python3' }, more: object = {}) =>
    send('POST', '', { path, type: 'notebook', kernel, ...more });
  const list = (): Promise<Model[]> => server.json<Model[]>('api/sessions');
  const kernels = (): Promise<{ id: string }[]> => server.json<{ id: string }[]>('api/kernels');

  it('are one for a path, however many ask for it at once', async () => {
    const made = await Promise.all([create('a.ipynb'), create('a.ipynb'), create('a.ipynb')]);
    expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
    expect(await kernels()).toHaveLength(1);
    const [{ body }] = made;
    expect(body).toMatchObject({ path: 'a.ipynb', name: null, notebook: { path: 'a.ipynb', name: null } });
    expect((await send('GET', body.id)).body).toEqual(body);
  });

  it('take a kernel that runs, which ends with the last of them that has it', async () => {
    const one = (await create('one.ipynb')).body;
    const console = { type: 'console', name: 'Console 1' };
    const { status, body: other } = await create('two', { id: one.kernel.id }, console);
    expect([status, other.kernel.id, other.notebook]).toEqual([201, one.kernel.id, undefined]);
    const { body: third } = await create('three.ipynb', { id: '' });
    expect(third.kernel.name).toBe('replique');
    const switched = await send('PATCH', other.id, { kernel: { id: third.kernel.id } });
    expect(switched.body).toMatchObject({ id: other.id, kernel: { id: third.kernel.id } });
    expect((await kernels()).map(({ id }) => id)).toContain(one.kernel.id);
    await send('PATCH', one.id, { kernel: { id: third.kernel.id, name: 'python3' } });
    expect((await kernels()).map(({ id }) => id)).toEqual([third.kernel.id]);
  });

  it('are changed as old and new clients do it', async () => {
    const { body } = await create('', null, { notebook: { path: 'old.ipynb' }, type: undefined });
    expect(body).toMatchObject({ path: 'old.ipynb', type: 'notebook', kernel: { name: 'replique' } });
    const moved = await send('PATCH', body.id, { notebook: { path: 'new.ipynb' } });
    expect(moved.body).toMatchObject({ path: 'new.ipynb', type: 'notebook', kernel: { id: body.kernel.id } });
    const typed = await send('PATCH', body.id, { type: 'file', name: 'n', kernel: {} });
    expect(typed.body).toMatchObject({ path: 'new.ipynb', type: 'file', name: 'n' });
    expect(typed.body.notebook).toBeUndefined();
  });

  it('go with their kernel: 410 once, then they are not known', async () => {
    const [one, other] = [(await create('a')).body, (await create('b')).body];
    for (const { kernel } of [one, other]) await server.send('DELETE', `api/kernels/${kernel.id}`);
    expect(await list()).toEqual([]);
    expect((await send('GET', one.id)).status).toBe(404);
    expect((await send('PATCH', one.id, { path: 'c' })).status).toBe(404);
    expect((await send('DELETE', one.id)).status).toBe(410);
    expect((await send('DELETE', one.id)).status).toBe(404);
  });

  it('that end while they get another kernel leave none behind', async () => {
    const { id } = (await create('a.ipynb')).body;
    const changed = send('PATCH', id, { kernel: { name: 'python3' } });
    const deleted = send('DELETE', id);
    expect([(await deleted).status, (await changed).status]).toEqual([204, 404]);
    expect(await kernels()).toEqual([]);
    // The same where the new kernel is about to start when the session ends.
    const specs = new KernelspecManager([labEnvDir()]);
    const log = pino({ level: 'silent' });
    const config = { ...loadServerConfig({ dir: server.workspace, bufferMb: 1, port: 0 }), ip: 'test' };
    const keep = Keep.take(config, ['true'], log);
    const running = new KernelManager({ kernelspecs: specs, config, keep, log });
    const sessions = new SessionManager(running, keep.store);
    const session = await sessions.create({ path: 'a', name: null, type: 'x' }, { name: 'python3' });
    const late = sessions.update(session.id, {}, { name: 'python3' });
    const refused = expect(late).rejects.toMatchObject({ status: 404 });
    await Promise.all([sessions.delete(session.id), refused]);
    expect(running.list()).toEqual([]);
    await keep.end();
  });

  it('end a kernel that no session has any more', async () => {
    const one = (await create('b.ipynb')).body;
    const other = (await create('c.ipynb')).body;
    expect((await send('PATCH', one.id, { kernel: { id: other.kernel.id } })).status).toBe(200);
    expect((await kernels()).map((each) => each.id)).toEqual([other.kernel.id]);
  });

  it('are refused kernels that there are not, with two sentences, and stay as they were', async () => {
    expect(await create('a.ipynb', { name: 'nonesuch' })).toMatchObject({
      ...{ status: 501, body: { short_message: 'nonesuch not found' } },
    });
    const failed = await create('folder/a.ipynb', { name: 'nowhere' }, { name: 'a.ipynb' });
    expect(failed).toMatchObject({ status: 501, body: { short_message: 'Error starting kernel nowhere' } });
    expect(failed.body.message).toContain('/nowhere/program is not there');
    expect(await list()).toEqual([]);
    const { body } = await create('b.ipynb');
    const unknown = '00000000-0000-0000-0000-000000000000';
    for (const [kernel, status] of [
      [{ id: unknown }, 400],
      [{ id: '../x' }, 400],
      [{ name: 'nonesuch' }, 501],
      [{ name: 'nowhere' }, 501],
    ] as const) {
      expect((await send('PATCH', body.id, { kernel })).status).toBe(status);
    }
    expect((await send('GET', body.id)).body.kernel.id).toBe(body.kernel.id);
    expect((await send('PATCH', unknown, {})).status).toBe(404);
    expect((await send('POST', '', {})).body.message).toBe('Missing field in JSON data: path');
  });

  it('give a new kernel the id that a client chose', async () => {
    const id = '11111111-1111-1111-1111-111111111111';
    expect((await create('a.ipynb', { id, name: 'python3' })).body.kernel).toMatchObject({ id });
  });
});
