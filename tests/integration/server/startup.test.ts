import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import pino from 'pino';
import { labEnvDir } from '../../../kernel/paths.ts';
import type { ServerSettings } from '../../../server/config.ts';
import { loadServerConfig } from '../../../server/config.ts';
import { createAccess } from '../../../server/http/access/access.ts';
import { createHttpServer } from '../../../server/http/server.ts';
import { labPlaces, type LabPlaces } from '../../../server/services/lab/places.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

const servers: RepliqueServer[] = [];
async function start(settings: ServerSettings = {}, lab?: LabPlaces): Promise<RepliqueServer> {
  const server = await RepliqueServer.start(settings, [], lab);
  servers.push(server);
  return server;
}
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  vi.restoreAllMocks();
});

/** What comes back for text that is sent as it is. */
const raw = ({ port }: { readonly port: number }, text: string): Promise<string> =>
  new Promise((resolve) => {
    const peer = connect(port, '127.0.0.1', () => peer.write(text));
    let answer = '';
    peer.on('data', (chunk) => (answer += chunk.toString()));
    peer.on('close', () => resolve(answer));
  });

describe('a server that is started', () => {
  it('listens on IPv6, too', async () => {
    const server = await start({ ip: '::1' });
    expect(server.url).toBe(`http://[::1]:${server.port}/`);
    expect((await server.request('api/status')).status).toBe(200);
  });

  it('refuses an address that is taken, or not its own, with what to do', async () => {
    const { port } = await start();
    await expect(start({ port })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    await expect(start({ ip: '192.0.2.1' })).rejects.toMatchObject({
      ...{ code: 'SERVER_REFUSED', remedy: expect.stringContaining('--ip') as string },
    });
  });

  it('does not run as root unless that was said', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(0);
    await expect(start({ allowRoot: false })).rejects.toThrow(/run as root/);
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    expect((await (await start({ allowRoot: false })).request('api')).status).toBe(200);
  });

  it('is nowhere but below its base', async () => {
    const server = await start({ baseUrl: '/a/b/' });
    const origin = `http://127.0.0.1:${server.port}`;
    for (const [path, status] of [
      ['/a/b/api', 200],
      ['/a/b', 302],
      ['/a', 404],
      ['/api', 404],
      ['/', 404],
    ] as const) {
      expect([path, (await fetch(origin + path, { redirect: 'manual' })).status]).toEqual([path, status]);
    }
    const { headers } = await server.request('api/kernels/', {});
    expect(headers.get('location')).toBe('/a/b/api/kernels');
  });

  it('answers nobody who does not say which host they mean', async () => {
    const server = await start();
    expect(await raw(server, 'GET /api HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 403/);
    expect(await raw(server, 'GET /api HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1.1 403/,
    );
    expect(await raw(server, 'GET /api HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1.1 403/,
    );
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
    expect(
      await raw(server, `GET /api/kernels/%zz/channels HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n`),
    ).toMatch(/^HTTP\/1.1 403/);
    const token = 'Authorization: token secret-token\r\n';
    const head = `HTTP/1.1\r\nHost: localhost\r\n${upgrade}${token}\r\n`;
    expect(await raw(server, `GET /api/kernels/%zz/channels ${head}`)).toMatch(/^HTTP\/1.1 404[^]*%zz/);
    expect(await raw(server, `GET /nowhere ${head}`)).toMatch(/^HTTP\/1.1 404/);
  });

  it('has JupyterLab’s page beside the API where there is a JupyterLab', async () => {
    const home = mkdtempSync(join(tmpdir(), 'rlp-'));
    const lab = labPlaces(labEnvDir(), { home, dataDir: join(home, 'data'), packages: [] }, {});
    const server = await start({}, lab);
    const page = await server.request('lab');
    expect(await page.text()).toContain(`"serverRoot":"${server.workspace}"`);
    expect((await server.request('static/favicons/favicon.ico')).headers.get('content-type')).toBe(
      'image/png',
    );
    expect(await server.json('api/contents')).toMatchObject({ type: 'directory', content: [] });
    expect((await (await start()).request('lab')).status).toBe(404);
    rmSync(home, { recursive: true });
  });

  it('tells its user, and which permissions they have', async () => {
    const server = await start();
    const me = (query: string) => server.request(`api/me${query}`);
    const asked = { contents: ['read', 'write'] };
    const { permissions } = (await (
      await me(`?permissions=${encodeURIComponent(JSON.stringify(asked))}`)
    ).json()) as { permissions: object };
    expect(permissions).toMatchObject(asked);
    expect(await (await me('')).json()).toMatchObject({
      identity: { initials: expect.stringMatching(/^[A-Z]$/) as string },
      permissions: { updatable_fields: [] },
    });
    for (const wrong of ['[]', '{"a":1}', '{']) {
      expect((await me(`?permissions=${encodeURIComponent(wrong)}`)).status).toBe(400);
    }
  });

  it('keeps what front ends set, merged, and what `null` removes is gone', async () => {
    const server = await start();
    const config = (method: string, body: unknown, section = 'notebook') =>
      server.send(method, `api/config/${section}`, body);
    const merged = async (body: object): Promise<unknown> => (await config('PATCH', body)).json();
    expect((await config('PUT', { a: { b: 1, c: [1] }, d: 'x' })).status).toBe(204);
    expect(await merged({ a: { b: null, e: 2 } })).toEqual({ a: { c: [1], e: 2 }, d: 'x' });
    expect(await merged({ a: { c: null, e: null }, d: { f: 1 } })).toEqual({ d: { f: 1 } });
    expect(await server.json('api/config/notebook')).toEqual({ d: { f: 1 } });
    expect((await config('PUT', {}, 'no..where')).status).toBe(404);
    expect((await config('PUT', [])).status).toBe(400);
    expect(await server.json('api/config/other')).toEqual({});
    const file = join(server.top, 'config/serverconfig/notebook.json');
    for (const odd of ['[]', '{', '"x"']) {
      writeFileSync(file, odd);
      expect(await server.json('api/config/notebook')).toEqual({});
    }
    rmSync(file);
    mkdirSync(file);
    const refused = await config('PUT', {});
    expect([refused.status, await refused.json()]).toMatchObject([500, { reason: 'NOT_WRITABLE' }]);
    expect(readdirSync(join(file, '..'))).toEqual(['notebook.json']);
  });
});

describe('a resource that fails', () => {
  const secret = 'what only the log may know';
  const log: string[] = [];
  const begin = async () => {
    const config = loadServerConfig({ port: 0, token: 't' });
    const server = createHttpServer(
      config,
      createAccess(config),
      pino({}, { write: (line) => void log.push(line) }),
    );
    const fail = (error: Error) => () => {
      throw error;
    };
    server.app.get('/broken', fail(new Error(secret)));
    server.app.get('/odd', fail(Object.assign(new Error(secret), { statusCode: 302 })));
    server.sockets.add({
      path: '/socket',
      protocols: [],
      check: fail(new Error(secret)),
      open: () => ({}),
    });
    server.sockets.add({
      ...{ path: '/opened', protocols: [], check: () => undefined },
      open: fail(new Error(secret)),
    });
    server.sockets.add({
      ...{ path: '/told', protocols: [], check: () => undefined },
      open: () => ({ message: fail(new Error(secret)), closed: fail(new Error(secret)) }),
    });
    await server.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = server.app.server.address() as { port: number };
    return { server, origin: `127.0.0.1:${port}` };
  };

  it('answers 500 with nothing of what went wrong, which is in the log', async () => {
    const { server, origin } = await begin();
    for (const path of ['broken', 'odd']) {
      const response = await fetch(`http://${origin}/${path}?token=t`);
      const { message } = (await response.json()) as { message: string };
      expect([response.status, message]).toEqual([500, expect.stringMatching(/Its log says more/)]);
      expect(message).toContain(response.headers.get('x-request-id'));
    }
    const socket = new WebSocket(`ws://${origin}/socket?token=t`);
    const refused = await new Promise<string>((resolve) =>
      socket.once('error', ({ message }) => resolve(message)),
    );
    expect(refused).toContain('500');
    expect(log.filter((line) => line.includes(secret))).toHaveLength(3);
    await server.app.close();
  });

  it('ends the WebSocket that it fails at, and the server goes on', async () => {
    log.length = 0;
    const { server, origin } = await begin();
    for (const path of ['opened', 'told', 'told']) {
      const socket = new WebSocket(`ws://${origin}/${path}?token=t`);
      socket.once('open', () => socket.send('x'));
      const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
      expect([code, reason.toString()]).toEqual([1011, 'Something went wrong in the server.']);
    }
    // What is thrown when a socket closes is logged, too.
    await expect.poll(() => log.filter((line) => line.includes(secret))).toHaveLength(5);
    expect((await fetch(`http://${origin}/broken?token=t`)).status).toBe(500);
    await server.app.close();
  });
});
