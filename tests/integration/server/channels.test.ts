import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ChannelClient } from '../../support/channel-client.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

const v1 = 'v1.kernel.websocket.jupyter.org';

interface Model {
  readonly id: string;
  readonly execution_state: string;
  readonly connections: number;
  readonly last_activity: string;
}

describe('the WebSocket of a kernel', { timeout: 60_000 }, () => {
  let server: RepliqueServer;
  let kernel: string;
  beforeAll(async () => {
    server = await RepliqueServer.start({ pingSeconds: 0.2 });
    const started = await server.send('POST', 'api/kernels', { name: 'python3' });
    kernel = ((await started.json()) as Model).id;
  }, 120_000);
  afterAll(() => server.close());

  const clients = new Set<ChannelClient>();
  afterEach(async () => {
    for (const { socket } of clients) socket.terminate();
    clients.clear();
    await expect.poll(async () => (await model()).connections).toBe(0);
  });
  const connect = (session: string = randomUUID(), protocols: string[] = [v1]): Promise<ChannelClient> => {
    const client = new ChannelClient(server.channels(kernel, session, protocols), session);
    clients.add(client);
    return client.open();
  };
  const model = (): Promise<Model> => server.json<Model>(`api/kernels/${kernel}`);

  it('speaks v1 where it is offered, and never says yes to a protocol that it does not know', async () => {
    await expect(connect(randomUUID(), ['nonsense', 'other'])).rejects.toThrow('Server sent no subprotocol');
    const offers = [['nonsense', v1], []];
    const all = await Promise.all(offers.map((protocols) => connect(randomUUID(), protocols)));
    expect(all.map(({ socket }) => socket.protocol)).toEqual([v1, '']);
    for (const client of all) {
      const id = client.execute('print("here")');
      expect((await client.reply(id)).content['status']).toBe('ok');
      await client.idle(id);
      expect(client.printed(id)).toContain('here');
      await client.close();
    }
  });

  it('sends buffers in the binary form where there is no subprotocol', async () => {
    const client = await connect(randomUUID(), []);
    const id = client.execute(
      'from comm import create_comm\nc = create_comm(target_name="t", data={"big": 2**60}, buffers=[b"\\x00\\xff"])',
    );
    const opened = await client.until(({ header }) => header.msg_type === 'comm_open');
    expect(opened.buffers).toHaveLength(1);
    const [buffer] = opened.buffers as DataView[];
    expect([...new Uint8Array(buffer!.buffer, buffer!.byteOffset, buffer!.byteLength)]).toEqual([0, 255]);
    await client.idle(id);
    await client.close();
  });

  it('shows what a kernel publishes to all, and answers and questions only to who has asked', async () => {
    const [one, other] = await Promise.all([connect(), connect()]);
    const id = one.execute('print("hello", input("name? "))');
    const question = await one.until(({ header }) => header.msg_type === 'input_request');
    expect(question.channel).toBe('stdin');
    one.send('input_reply', { value: 'Ada' }, 'stdin');
    await one.reply(id);
    await other.idle(id);
    expect(other.printed(id)).toContain('hello Ada');
    expect(other.received.filter(({ channel }) => channel !== 'iopub')).toEqual([]);
    expect(await model()).toMatchObject({ connections: 2 });
    await Promise.all([one.close(), other.close()]);
  });

  it('passes on header keys that it does not know', async () => {
    const client = await connect();
    const id = client.send('execute_request', { code: '1' }, 'shell', { subshell_id: null, more: 'x' });
    const { parent_header } = await client.reply(id);
    expect(parent_header).toMatchObject({ subshell_id: null, more: 'x' });
    await client.close();
  });

  it('closes the older of two sockets of one session, without a code', async () => {
    const session = randomUUID();
    const older = await connect(session);
    const newer = await connect(session);
    expect(await older.closed).toBe(1005);
    const id = newer.execute('print("mine")');
    await newer.idle(id);
    expect(newer.printed(id)).toContain('mine');
    expect(await model()).toMatchObject({ connections: 1 });
    await newer.close();
  });

  it('keeps what comes while nobody is there for the session that left, in order, and for no other', async () => {
    const session = randomUUID();
    const code = 'import time\nfor n in range(40): print("line", n, flush=True); time.sleep(0.02)';
    const leaves = await connect(session);
    const id = leaves.execute(code);
    await leaves.until(({ header }) => header.msg_type === 'stream');
    await leaves.close();
    await expect.poll(model).toMatchObject({ execution_state: 'idle', connections: 0 });
    const back = await connect(session);
    await back.reply(id);
    await back.idle(id);
    const all = leaves.printed(id) + back.printed(id);
    expect(all).toBe(Array.from({ length: 40 }, (_, n) => `line ${n}\n`).join(''));
    const again = back.execute('time.sleep(0.3); print("late")');
    await back.until(
      ({ header, parent_header }) => header.msg_type === 'execute_input' && parent_header.msg_id === again,
    );
    await back.close();
    const stranger = await connect();
    await stranger.idle(stranger.send('kernel_info_request', {}));
    expect(
      stranger.received.some(
        ({ channel, parent_header }) => channel === 'shell' && parent_header.msg_id === again,
      ),
    ).toBe(false);
    await stranger.close();
    const late = await connect(session);
    await late.idle(late.send('kernel_info_request', {}));
    expect(late.received.some(({ parent_header }) => parent_header.msg_id === again)).toBe(false);
    await late.close();
  });

  it('counts work as activity, and questions who it is as none', async () => {
    const client = await connect();
    await client.idle(client.execute('1'));
    const before = await model();
    await sleep(20);
    await client.idle(client.send('kernel_info_request', {}));
    expect((await model()).last_activity).toBe(before.last_activity);
    const marker = join(server.top, 'go-on');
    const id = client.execute(
      `import os, time\nwhile not os.path.exists(${JSON.stringify(marker)}): time.sleep(0.01)`,
    );
    await expect.poll(model).toMatchObject({ execution_state: 'busy' });
    writeFileSync(marker, '');
    await client.idle(id);
    const after = await model();
    expect(after).toMatchObject({ execution_state: 'idle' });
    expect(after.last_activity > before.last_activity).toBe(true);
    expect(after.last_activity).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    await client.close();
  });

  it('lets control through while a cell runs', async () => {
    const client = await connect();
    const id = client.execute('print("begun", flush=True)\nimport time; time.sleep(600)');
    await client.until(() => client.printed(id) === 'begun\n');
    const asked = client.send('kernel_info_request', {}, 'control');
    await client.until(
      ({ channel, parent_header }) => channel === 'control' && parent_header.msg_id === asked,
    );
    expect((await server.send('POST', `api/kernels/${kernel}/interrupt`)).status).toBe(204);
    expect((await client.reply(id)).content).toMatchObject({ status: 'error', ename: 'KeyboardInterrupt' });
    await client.close();
  });

  it.each([
    ['text that is no JSON', '{'],
    ['JSON that is no message', '[1]'],
    ['a message without a header', '{"channel":"shell","content":{}}'],
    ['a channel that there is not', '{"channel":"hb","header":{"msg_id":"1","msg_type":"x","session":"s"}}'],
    ['a message on iopub', '{"channel":"iopub","header":{"msg_id":"1","msg_type":"x","session":"s"}}'],
    ['a binary frame of nonsense', Buffer.from([255, 255, 255, 255, 0, 0])],
  ])('closes a client that sends %s, with a sentence, and goes on', async (_, frame) => {
    const client = await connect(randomUUID(), []);
    const reason = new Promise((resolve) =>
      client.socket.once('close', (_code, text) => resolve(text.toString())),
    );
    client.socket.send(frame);
    expect(await client.closed).toBe(1007);
    expect(await reason).toMatch(/\.$/);
    const next = await connect();
    await next.idle(next.execute('1'));
    await next.close();
  });

  it('refuses what is no kernel, and who has no token', async () => {
    const refused = async (path: string, headers: Record<string, string>): Promise<unknown> => {
      const { WebSocket } = await import('ws');
      const socket = new WebSocket(server.url.replace('http', 'ws') + path, { headers });
      return new Promise((resolve) => {
        socket.on('error', () => undefined);
        socket.on('open', () => {
          socket.terminate();
          resolve('open');
        });
        socket.on('unexpected-response', (request, response) => {
          request.destroy();
          resolve(response.statusCode);
        });
      });
    };
    const token = { authorization: `token ${server.token}` };
    expect(await refused(`api/kernels/${randomUUID()}/channels`, token)).toBe(404);
    expect(await refused('api/kernels', token)).toBe(404);
    expect(await refused(`api/kernels/${kernel}/channels`, {})).toBe(403);
    expect(await refused(`api/kernels/${kernel}/channels?token=wrong`, {})).toBe(403);
    expect(await refused(`api/kernels/${kernel}/channels?token=${server.token}`, {})).toBe('open');
  });

  it('ends a connection that is broken without saying so', async () => {
    const client = await connect();
    client.socket.pause(); // answers no ping
    await expect.poll(model).toMatchObject({ connections: 0 });
    client.socket.terminate();
  });
});
