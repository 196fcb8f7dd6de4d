import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ServerSettings } from '../../../server/config.ts';
import { ChannelClient } from '../../support/channel-client.ts';
import { installKernelspec } from '../../support/other-kernels.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

const v1 = 'v1.kernel.websocket.jupyter.org';

interface Model {
  readonly id: string;
  readonly name: string;
  readonly execution_state: string;
}

describe('kernels', { timeout: 90_000 }, () => {
  let server: RepliqueServer;
  afterEach(() => server.close());
  const begin = async (settings: ServerSettings = {}): Promise<void> => {
    server = await RepliqueServer.start(settings);
  };

  async function start(body: object = { name: 'python3' }): Promise<Model> {
    const response = await server.send('POST', 'api/kernels', body);
    expect(response.status).toBe(201);
    const model = (await response.json()) as Model;
    expect(response.headers.get('location')).toBe(`/api/kernels/${model.id}`);
    return model;
  }
  const connect = (id: string, session: string = randomUUID()): Promise<ChannelClient> =>
    new ChannelClient(server.channels(id, session, [v1]), session).open();
  const connectionFiles = (): string[] =>
    readdirSync(join(server.top, 'runtime')).filter((name) => name !== 'replique-server');
  const get = (id: string): Promise<Response> => server.request(`api/kernels/${id}`);

  /** Runs code and returns what it printed. */
  async function run(client: ChannelClient, code: string): Promise<string> {
    const id = client.execute(code);
    await client.reply(id);
    await client.idle(id);
    return client.printed(id).trim();
  }
  const isThere = (pid: string): boolean => {
    try {
      return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    } catch {
      return false;
    }
  };

  it('has a connection file for its owner only, which goes with the kernel', async () => {
    await begin();
    const { id } = await start();
    const file = join(server.top, 'runtime', `kernel-${id}.json`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await server.send('DELETE', `api/kernels/${id}`)).status).toBe(204);
    expect(existsSync(file)).toBe(false);
    expect((await get(id)).status).toBe(404);
    expect((await server.send('DELETE', `api/kernels/${id}`)).status).toBe(404);
    expect(connectionFiles()).toEqual([]);
  });

  it('ends with all that it has started, wherever that went', async () => {
    await begin();
    const { id } = await start();
    const client = await connect(id);
    const pids = await run(
      client,
      'import os, subprocess\n' +
        'own = subprocess.Popen(["sleep", "600"])\n' +
        'away = subprocess.Popen(["setsid", "sleep", "600"])\n' +
        'orphan = subprocess.run("setsid sleep 600 >/dev/null 2>&1 & echo $!", shell=True, capture_output=True, text=True).stdout.strip()\n' +
        'print(os.getpid(), own.pid, away.pid, orphan)',
    );
    expect(pids.split(' ').map(isThere)).toEqual([true, true, true, true]);
    await server.send('DELETE', `api/kernels/${id}`);
    expect(pids.split(' ').map(isThere)).toEqual([false, false, false, false]);
  });

  it('starts where its path says, but not outside of the root, and knows no token', async () => {
    await begin();
    vi.stubEnv('JUPYTER_TOKEN', 'a-token');
    vi.stubEnv('REPLIQUE_SERVER_TOKEN', 'a-token');
    mkdirSync(join(server.workspace, 'folder'));
    const code = 'import os; print(os.getcwd()); print([n for n in os.environ if "TOKEN" in n])';
    for (const [path, folder] of [
      ['folder/deeper/none.ipynb', 'folder'],
      ['../../..', ''],
      ['/folder', 'folder'],
    ] as const) {
      const { id } = await start({ name: 'python3', path });
      const client = await connect(id);
      expect(await run(client, code)).toBe(`${join(server.workspace, folder)}\n[]`);
      await client.close();
    }
  });

  it('is started again with the same id when it crashes, and its clients are told', async () => {
    await begin();
    const { id } = await start();
    const client = await connect(id);
    const pid = await run(client, 'import os; print(os.getpid())');
    client.execute('print("last words", flush=True); import time; time.sleep(0.3); os.kill(os.getpid(), 9)');
    await client.state('restarting');
    expect(client.printed()).toContain('last words');
    client.received.length = 0;
    expect(await run(client, 'import os; print(os.getpid())')).not.toBe(pid);
    expect(await (await get(id)).json()).toMatchObject({ id, name: 'python3', execution_state: 'idle' });
    await client.close();
  });

  it('is restarted on request: same id and ports, its clients stay, and hear no `restarting`', async () => {
    await begin();
    const { id } = await start();
    const file = join(server.top, 'runtime', `kernel-${id}.json`);
    const client = await connect(id);
    await run(client, 'x = 1');
    const before = readFileSync(file, 'utf8');
    client.received.length = 0;
    const response = await server.send('POST', `api/kernels/${id}/restart`, {});
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id, connections: 1 });
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(await run(client, 'print("x" in globals())')).toBe('False');
    expect(JSON.stringify(client.received)).not.toContain('"restarting"');
    await client.close();
    const missing = randomUUID();
    expect((await server.send('POST', `api/kernels/${missing}/restart`)).status).toBe(404);
    expect((await server.send('POST', `api/kernels/${missing}/interrupt`)).status).toBe(404);
  });

  it('is dead after five restarts, and gone; its clients learn why', async () => {
    await begin();
    installKernelspec(join(server.top, 'data'), 'broken', {
      argv: ['sh', '-c', 'echo it is broken >&2; exit 3'],
      display_name: 'Broken',
      language: 'none',
    });
    const { id } = await start({ name: 'broken' });
    const client = await connect(id);
    await client.state('dead');
    const states = client.received.map(({ content }) => content['execution_state']);
    expect(states.filter((state) => state === 'restarting').length).toBeGreaterThanOrEqual(4);
    await expect.poll(async () => (await get(id)).status).toBe(404);
    expect(server.log.join()).toContain('it is broken');
    expect(await server.json('api/status')).toMatchObject({ kernels: 0 });
    client.socket.terminate();
  });

  it('refuses what can’t be started with a sentence', async () => {
    await begin();
    installKernelspec(join(server.top, 'data'), 'nowhere', {
      argv: ['/nowhere/program'],
      display_name: 'Nowhere',
      language: 'none',
    });
    const unknown = await server.send('POST', 'api/kernels', { name: 'nonesuch' });
    expect(unknown.status).toBe(400);
    expect(await unknown.json()).toMatchObject({ message: expect.stringContaining('nonesuch') as string });
    const missing = await server.send('POST', 'api/kernels', { name: 'nowhere' });
    expect(missing.status).toBe(500);
    expect(JSON.stringify(await missing.json())).toContain('/nowhere/program is not there');
    const { id } = await start();
    expect((await server.send('POST', 'api/kernels', { name: 'python3', kernel_id: id })).status).toBe(409);
    expect((await server.send('POST', 'api/kernels', { kernel_id: '../../x' })).status).toBe(400);
    expect(connectionFiles()).toEqual([`kernel-${id}.json`]);
  });

  it('is ended when nobody has used it for long, but not while somebody is there or it works', async () => {
    await begin({ cullIdleSeconds: 4, cullIntervalSeconds: 0.1 });
    const [watched, working, forgotten] = await Promise.all([start(), start(), start()]);
    const [client, worker] = await Promise.all([connect(watched.id), connect(working.id)]);
    await run(client, '1');
    const done = join(server.top, 'done');
    worker.execute(`import time, os\nwhile not os.path.exists(${JSON.stringify(done)}): time.sleep(0.05)`);
    await worker.state('busy');
    await worker.close();
    await expect.poll(async () => (await get(forgotten.id)).status, { timeout: 20_000 }).toBe(404);
    expect((await get(watched.id)).status).toBe(200);
    expect((await get(working.id)).status).toBe(200);
    writeFileSync(done, '');
    await expect.poll(async () => (await get(working.id)).status, { timeout: 20_000 }).toBe(404);
    await client.close();
  });
});
