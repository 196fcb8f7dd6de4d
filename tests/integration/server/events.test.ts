import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { RepliqueServer } from '../../support/replique-server.ts';

const host = 'https://events.jupyter.org/jupyter_server';

/** What jupyter_server's events say of files and kernels, heard by a client that has subscribed. */
describe('events', { timeout: 60_000 }, () => {
  let server: RepliqueServer;
  let socket: WebSocket;
  const heard: Record<string, unknown>[] = [];
  beforeAll(async () => {
    server = await RepliqueServer.start({ cullIdleSeconds: 0 });
    socket = new WebSocket(`${server.url.replace('http', 'ws')}api/events/subscribe`, {
      headers: { authorization: `token ${server.token}` },
    });
    socket.on('message', (data) => {
      heard.push(JSON.parse((data as Buffer).toString('utf8')) as Record<string, unknown>);
    });
    await new Promise((resolve) => socket.once('open', resolve));
  });
  afterAll(async () => {
    socket.terminate();
    await server.close();
  });

  /** What was heard of one schema so far, without what every event has. */
  const ofSchema = (name: string): object[] =>
    heard
      .filter(({ schema_id }) => schema_id === `${host}/${name}/v1`)
      .map((event) =>
        Object.fromEntries(Object.entries(event).filter(([key]) => !/^(?:__.*__|schema_id)$/.test(key))),
      );

  it('tell of files that are made, saved, moved and deleted', async () => {
    await server.send('POST', 'api/contents', { type: 'notebook' });
    await server.send('PUT', 'api/contents/a.txt', { type: 'file', format: 'text', content: 'a' });
    await server.send('PATCH', 'api/contents/a.txt', { path: 'b.txt' });
    await server.send('POST', 'api/contents', { copy_from: 'b.txt' });
    await server.send('DELETE', 'api/contents/b.txt');
    await server.send('DELETE', 'api/contents/nothing.txt');
    await expect
      .poll(() => ofSchema('contents_service'))
      .toEqual([
        { action: 'save', path: 'Untitled.ipynb' },
        { action: 'save', path: 'a.txt' },
        { action: 'rename', path: 'b.txt', source_path: 'a.txt' },
        { action: 'copy', path: 'b-Copy1.txt', source_path: 'b.txt' },
        { action: 'delete', path: 'b.txt' },
      ]);
    expect(heard[0]).toMatchObject({
      __schema__: `${host}/contents_service/v1`,
      __schema_version__: '1',
      __metadata_version__: 1,
      __timestamp__: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
    });
  });

  it('tell of kernels that are started, interrupted, restarted, that crash and end', async () => {
    const post = (path: string, body?: object) => server.send('POST', path, body);
    const { id } = (await (await post('api/kernels', { name: 'python3' })).json()) as { id: string };
    await post(`api/kernels/${id}/restart`);
    await post(`api/kernels/${id}/interrupt`);
    const about = { kernel_id: id, kernel_name: 'python3' };
    const event = (action: string, done: string) => ({
      ...{ ...about, action, status: 'success', msg: `Kernel ${id} was ${done}.` },
    });
    const past = [
      event('start', 'started'),
      event('restart', 'restarted'),
      event('interrupt', 'interrupted'),
    ];
    await expect.poll(() => ofSchema('kernel_actions')).toEqual(past);
    const channels = server.channels(id, 's');
    await new Promise((resolve) => channels.once('open', resolve));
    const header = { msg_id: 'm', msg_type: 'execute_request', session: 's', username: '', version: '5.3' };
    const content = { code: 'import os; os._exit(1)', silent: false };
    channels.send(
      JSON.stringify({ header, channel: 'shell', parent_header: {}, metadata: {}, content, buffers: [] }),
    );
    past.push(event('restart', 'restarted'));
    await expect.poll(() => ofSchema('kernel_actions'), { timeout: 20_000 }).toEqual(past);
    channels.terminate();
    await server.send('DELETE', `api/kernels/${id}`);
    past.push(event('shutdown', 'shutdown'));
    await expect.poll(() => ofSchema('kernel_actions')).toEqual(past);
  });

  it('tell why a kernel was not started', async () => {
    const before = ofSchema('kernel_actions').length;
    await server.send('POST', 'api/kernels', { name: 'nowhere' });
    await server.send('POST', 'api/sessions', {
      ...{ path: 'x.ipynb', name: '', type: 'notebook', kernel: { name: 'nowhere' } },
    });
    const failed = {
      ...{ action: 'start', kernel_name: 'nowhere', status: 'error', status_code: 400 },
      msg: expect.stringContaining("'nowhere' kernel is not available") as string,
    };
    await expect
      .poll(() => ofSchema('kernel_actions').slice(before))
      .toMatchObject([failed, failed] as object[]);
  });
});
