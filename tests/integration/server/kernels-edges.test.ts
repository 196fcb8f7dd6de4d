import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChannelClient } from '../../support/channel-client.ts';
import { installKernelspec } from '../../support/other-kernels.ts';
import { testPython } from '../../support/python.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

const v1 = 'v1.kernel.websocket.jupyter.org';
const ipykernel = [testPython(), '-m', 'ipykernel_launcher', '-f', '{connection_file}'];

interface Model {
  readonly id: string;
  readonly execution_state: string;
  readonly connections: number;
  readonly last_activity: string;
}

describe('kernels that are unusual', { timeout: 90_000 }, () => {
  let server: RepliqueServer;
  beforeEach(async () => {
    server = await RepliqueServer.start({ pingSeconds: 0.05 });
  });
  afterEach(() => server.close());

  const install = (name: string, argv: string[], more: object = {}): void =>
    installKernelspec(join(server.top, 'data'), name, { argv, display_name: name, language: '', ...more });
  async function start(body: object = { name: 'python3' }): Promise<string> {
    const response = await server.send('POST', 'api/kernels', body);
    expect(response.status).toBe(201);
    return ((await response.json()) as Model).id;
  }
  const connect = (id: string, session: string = randomUUID()): Promise<ChannelClient> =>
    new ChannelClient(server.channels(id, session, [v1]), session).open();
  const model = (id: string): Promise<Model> => server.json<Model>(`api/kernels/${id}`);
  async function run(client: ChannelClient, code: string): Promise<string> {
    const id = client.execute(code);
    await client.reply(id);
    await client.idle(id);
    return client.printed(id).trim();
  }

  it('are interrupted by a message where their kernelspec says so, and have its variables', async () => {
    const env = { PLACE: 'at ${REPLIQUE_PROVIDER}, $REPLIQUE_PROVIDER and ${NOWHERE}' };
    install('messages', ipykernel, { interrupt_mode: 'message', env });
    const id = await start({ name: 'messages' });
    const client = await connect(id);
    expect(await run(client, 'import os; print(os.environ["PLACE"])')).toBe('at mock, mock and ${NOWHERE}');
    const cell = client.execute('print("begun", flush=True)\nimport time; time.sleep(600)');
    await client.until(({ header }) => header.msg_type === 'stream');
    await expect.poll(() => client.printed(cell)).toContain('begun');
    expect((await server.send('POST', `api/kernels/${id}/interrupt`)).status).toBe(204);
    expect((await client.reply(cell)).content).toMatchObject({ ename: 'KeyboardInterrupt' });
    await client.until(
      ({ parent_header }) => 'msg_type' in parent_header && parent_header.msg_type === 'interrupt_request',
    );
    await client.close();
  });

  it('hold up nobody with what is no message of theirs', async () => {
    const id = await start();
    const client = await connect(id);
    const before = await model(id);
    const odd = await run(
      client,
      'k = get_ipython().kernel\n' +
        'k.iopub_socket.send_multipart([b"<IDS|MSG>", b"forged", b"{}", b"{}", b"{}", b"{}"])\n' +
        'k.iopub_socket.send_multipart([b"nonsense"])\n' +
        'k.session.send(k.iopub_socket, "status", {"execution_state": 7})\n' +
        'k.session.send(k.iopub_socket, "status", {"no": "state"}, parent=k.get_parent())\n' +
        'print("done")',
    );
    expect(odd).toBe('done');
    expect(await model(id)).toMatchObject({ execution_state: 'idle' });
    expect((await model(id)).last_activity > before.last_activity).toBe(true);
    expect(server.log.filter((line) => line.includes('kernel message refused'))).toHaveLength(2);
    const status = await server.json<{ last_activity: string; kernels: number }>('api/status');
    expect(status).toMatchObject({ kernels: 1, last_activity: (await model(id)).last_activity });
    expect(await server.json('api/status')).toEqual(status);
    await client.close();
  });

  it('get all that was said before they were there, in order; who says too much waits', async () => {
    const go = join(server.workspace, 'go');
    const wait = `until [ -e ${go} ]; do sleep 0.02; done; exec "$@"`;
    install('late', ['/bin/sh', '-c', wait, 'sh', ...ipykernel]);
    const id = await start({ name: 'late' });
    const client = await connect(id);
    let pings = 0;
    client.socket.on('ping', () => (pings += 1));
    await expect.poll(() => pings).toBeGreaterThan(0);
    const asked = Array.from({ length: 1100 }, () => client.send('comm_info_request', {}));
    // A client that is not read from is not asked whether it is there, nor taken for gone.
    await expect
      .poll(async () => {
        const before = pings;
        await sleep(300);
        return pings - before;
      })
      .toBe(0);
    expect(await model(id)).toMatchObject({ connections: 1, execution_state: 'starting' });
    writeFileSync(go, '');
    await client.reply(asked.at(-1)!);
    const answered = client.received
      .filter(({ channel }) => channel === 'shell')
      .map(({ parent_header }) => parent_header.msg_id);
    expect(answered).toEqual(asked);
    await client.close();
  });

  it('that take nothing any more hold their clients back, and end all the same', async () => {
    const id = await start();
    const client = await connect(id);
    const pid = Number(await run(client, 'import os; print(os.getpid())'));
    process.kill(pid, 'SIGSTOP');
    let pings = 0;
    client.socket.on('ping', () => (pings += 1));
    for (let index = 0; index < 2500; index += 1) client.send('comm_info_request', { x: 'x'.repeat(20_000) });
    await expect
      .poll(
        async () => {
          const before = pings;
          await sleep(300);
          return pings - before;
        },
        { timeout: 20_000 },
      )
      .toBe(0);
    expect(client.socket.bufferedAmount).toBeGreaterThan(0);
    expect((await server.send('DELETE', `api/kernels/${id}`)).status).toBe(204);
    expect(() => process.kill(pid, 0)).toThrow();
    // The socket stays for a while, and takes what is said to nobody.
    client.send('kernel_info_request', {});
    const pong = new Promise((resolve) => client.socket.once('pong', resolve));
    client.socket.ping();
    await pong;
    client.socket.terminate();
  });

  it('that end again and again are given up, and who has asked for a restart is told why', async () => {
    install('silent', ['/bin/sh', '-c', 'exit 3']);
    const id = await start({ name: 'silent' });
    const client = await connect(id);
    const answer = await server.send('POST', `api/kernels/${id}/restart`);
    expect([answer.status, await answer.json()]).toEqual([
      500,
      expect.objectContaining({
        message: expect.stringContaining('ended too often (exit status 3).') as string,
      }),
    ]);
    await client.state('dead');
    client.socket.terminate();
  });

  it('start nowhere but in the root, and not where that is gone', async () => {
    const outside = join(server.top, 'outside');
    mkdirSync(outside);
    mkdirSync(join(server.workspace, 'inner'));
    symlinkSync(outside, join(server.workspace, 'out'));
    symlinkSync('inner', join(server.workspace, 'in'));
    writeFileSync(join(server.workspace, 'inner', 'file'), '');
    const code = 'import os; print(os.getcwd())';
    for (const [path, folder] of [
      ['out', ''],
      ['in', 'inner'],
      ['inner/file', 'inner'],
      ['a\0b', ''],
    ] as const) {
      const id = await start({ name: 'python3', path });
      const client = await connect(id);
      expect(await run(client, code)).toBe(join(server.workspace, folder));
      await client.close();
      await server.send('DELETE', `api/kernels/${id}`);
    }
    rmSync(server.workspace, { recursive: true });
    const response = await server.send('POST', 'api/kernels', { name: 'python3' });
    expect([response.status, JSON.stringify(await response.json())]).toEqual([
      409,
      expect.stringContaining('is gone. Make it again'),
    ]);
  });

  it('are the default where nothing is said, and tell which files front ends may load', async () => {
    const own = await server.send('POST', 'api/kernels');
    expect([own.status, await own.json()]).toMatchObject([201, { name: 'replique' }]);
    install('Files', ipykernel);
    const place = join(server.top, 'data', 'kernels', 'Files');
    for (const name of ['kernel.js', 'logo-64x64.png', 'notes.md', '.hidden'])
      writeFileSync(join(place, name), name);
    install('broken', []);
    await expect
      .poll(async () => (await server.request('api/kernelspecs/FILES')).json())
      .toMatchObject({
        name: 'files',
        resources: {
          'kernel.js': '/kernelspecs/files/kernel.js',
          'logo-64x64': '/kernelspecs/files/logo-64x64.png',
        },
      });
    expect((await server.request('api/kernelspecs/broken')).status).toBe(404);
    const notes = await server.request('kernelspecs/files/notes.md');
    expect([await notes.text(), notes.headers.get('content-type')]).toEqual([
      ...['notes.md', 'text/plain; charset=utf-8'],
    ]);
  });

  it('whose program the system can’t run are refused with what it says', async () => {
    const program = join(dirname(server.workspace), 'program');
    writeFileSync(program, 'no program', { mode: 0o644 });
    install('unusable', [program, '{connection_file}']);
    const response = await server.send('POST', 'api/kernels', { name: 'unusable' });
    expect([response.status, await response.json()]).toEqual([
      500,
      expect.objectContaining({
        reason: 'KERNEL_FAILED',
        message: expect.stringContaining('EACCES') as string,
      }),
    ]);
  });

  it('are refused a session whose name is too long, and frames that are none', async () => {
    const id = await start();
    const long = new ChannelClient(server.channels(id, 'x'.repeat(201)), 'x');
    await expect(long.open()).rejects.toThrow('400');
    const header = { msg_id: '1', msg_type: 'x', session: 's' };
    const words = (...values: number[]): Buffer => {
      const frame = Buffer.alloc(8 * values.length);
      values.forEach((value, index) => frame.writeBigUInt64LE(BigInt(value), 8 * index));
      return frame;
    };
    const small = (...values: number[]): Buffer => {
      const frame = Buffer.alloc(4 * values.length);
      values.forEach((value, index) => frame.writeUInt32BE(value, 4 * index));
      return frame;
    };
    const whole = (head: string, channel = 'shell'): Buffer => {
      const pieces = [channel, head, '{}', '{}', '{}'].map((text) => Buffer.from(text));
      let offset = 8 * 7;
      const offsets = pieces.map(({ length }) => (offset += length) - length);
      return Buffer.concat([words(6, ...offsets, offset), ...pieces]);
    };
    const frames: readonly (readonly [string, string | Buffer, RegExp])[] = [
      ['', JSON.stringify({ channel: 7, header }), /no channel/],
      ['', small(), /number of parts/],
      ['', small(0), /number of parts/],
      ['', small(2, 12), /number of parts/],
      ['', small(2, 12, 11), /offsets/],
      ['', small(1, 99), /offsets/],
      ['', Buffer.concat([small(1, 8), Buffer.from('{')]), /no JSON/],
      ['', 'null', /no JSON object/],
      ['', JSON.stringify({ header: null }), /lacks a part/],
      ['', JSON.stringify({ header: 7 }), /can't be read/],
      [v1, words(6), /too short/],
      [v1, words(99, 0, 0, 0, 0, 0, 0), /number of parts/],
      [v1, words(6, 56, 56, 56, 56, 56, 99), /offsets/],
      [v1, whole('{}', 'hb'), /no channel/],
      [v1, whole('no json'), /can't be read/],
      [v1, whole('{}'), /can't be read/],
    ];
    for (const [protocol, frame, sentence] of frames) {
      const session = randomUUID();
      const client = new ChannelClient(server.channels(id, session, protocol ? [protocol] : []), session);
      await client.open();
      const closed = new Promise<string>((resolve) =>
        client.socket.once('close', (code, reason) => resolve(`${code} ${reason.toString()}`)),
      );
      client.socket.send(frame);
      expect(await closed).toMatch(new RegExp(`^1007 .*${sentence.source}.*\\.$`));
    }
    // What a message leaves out is empty; without a channel it goes to the shell.
    const session = randomUUID();
    const client = await new ChannelClient(server.channels(id, session), session).open();
    const own = {
      ...header,
      msg_type: 'kernel_info_request',
      session,
      username: '',
      date: '',
      version: '5.3',
    };
    client.socket.send(JSON.stringify({ header: own, parent_header: null, content: {} }));
    expect((await client.reply('1')).content['status']).toBe('ok');
    await client.close();
  });

  it('are dead, and the server goes on, where they leave in their file’s place what can’t be removed', async () => {
    install('leaver', ['/bin/sh', '-c', 'rm "$0"; mkdir "$0"; exit 1', '{connection_file}']);
    const id = await start({ name: 'leaver' });
    await expect
      .poll(async () => (await server.request(`api/kernels/${id}`)).status, { timeout: 30_000 })
      .toBe(404);
    expect(server.log.join('\n')).toContain('kernel is dead');
    await start();
  });
});
