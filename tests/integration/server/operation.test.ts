import { mkdirSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createLog } from '../../../server/http/log.ts';
import { readiness } from '../../../server/services/health/checks.ts';
import { ChannelClient } from '../../support/channel-client.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

let server: RepliqueServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const start = async (settings: object = {}): Promise<RepliqueServer> =>
  (server = await RepliqueServer.start(settings));

/** The value of a metric with these labels. */
const valueOf = (text: string, name: string, labels = ''): number | undefined => {
  const line = text.split('\n').find((each) => each.startsWith(`${name}${labels} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
};

describe('probes', () => {
  it('say without a token that it runs and can work, and nothing else', async () => {
    const { url, top } = await start({ baseUrl: '/base' });
    for (const [path, body] of [
      ['healthz', { status: 'ok' }],
      ['readyz', { status: 'ok', checks: { kernelspecs: 'ok', root: 'ok', runtime: 'ok' } }],
    ] as const) {
      const answer = await fetch(url + path);
      expect([answer.status, await answer.json()]).toEqual([200, body]);
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
    expect(await (await fetch(`${url}readyz`)).text()).not.toContain(top);
  });

  it('say which thing is missing', async () => {
    const open = await start();
    rmSync(open.workspace, { recursive: true });
    const answer = await fetch(`${open.url}readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({
      status: 'unavailable',
      checks: { kernelspecs: 'ok', root: 'it is not there', runtime: 'ok' },
    });
    mkdirSync(open.workspace);
  });

  it('see a directory that is none, one that can’t be written, and that no kernel is installed', async () => {
    const { top } = await start();
    const found = await readiness({
      ...{ hasKernelspec: () => false, root: join(top, 'script.json') },
      runtime: () => join(top, 'script.json', 'below'),
    });
    expect(found).toEqual({
      kernelspecs: 'no kernel is installed that could be started',
      root: 'it is no directory',
      runtime: 'it can’t be written',
    });
    const runtime = join(top, 'not', 'made', 'yet');
    expect((await readiness({ hasKernelspec: () => true, root: top, runtime: () => runtime })).runtime).toBe(
      undefined,
    );
  });
});

describe('probes, metrics and pages', () => {
  const addresses = ['healthz', 'readyz', 'metrics', 'replique', 'replique/usage', 'replique/check'];
  const ask = async (
    server: RepliqueServer,
    method: string,
    path: string,
    headers: object,
  ): Promise<number> => {
    const asked = request(server.url + path, { method, headers: { ...headers } }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode ?? 0;
  };

  it('are not for who comes under another name, and take no method but theirs', async () => {
    const open = await start({ baseUrl: '/base/' });
    const shown = { authorization: `token ${open.token}` };
    for (const path of addresses) {
      expect([path, await ask(open, 'GET', path, { ...shown, host: 'evil.example' })]).toEqual([path, 403]);
      expect([path, await ask(open, 'HEAD', path, shown)]).toEqual([path, 200]);
      for (const method of ['OPTIONS', 'PUT', 'DELETE', 'PATCH']) {
        expect([path, method, await ask(open, method, path, shown)]).toEqual([path, method, 405]);
        expect([path, method, await ask(open, method, path, {})]).toEqual([path, method, 403]);
      }
      expect(await ask(open, 'GET', `../${path}`, shown)).toBe(404);
    }
    expect(await ask(open, 'GET', 'metrics', { cookie: 'x=y', origin: 'http://evil.example' })).toBe(403);
  });

  it('tell no secret, and no name that a person has given to anything', async () => {
    const open = await start();
    const body = { path: 'hush.ipynb', type: 'notebook', name: 'hush', kernel: { name: 'python3' } };
    const session = (await (await open.send('POST', 'api/sessions', body)).json()) as { id: string };
    for (const path of ['healthz', 'readyz', 'metrics']) {
      const text = await (await open.request(path)).text();
      for (const secret of [open.token, open.top, 'hush', session.id]) expect(text).not.toContain(secret);
    }
  });
});

describe('metrics', () => {
  it('are for who has the token', async () => {
    const { url, token } = await start();
    expect((await fetch(`${url}metrics`)).status).toBe(403);
    const answer = await fetch(`${url}metrics`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await answer.text();
    for (const name of [
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_seconds',
      'process_start_time_seconds',
    ]) {
      expect(valueOf(text, name)).toBeGreaterThanOrEqual(0);
    }
  });

  it('count kernels by kernelspec, sessions, and WebSockets that are open', async () => {
    const open = await start();
    const body = { path: 'a', type: 'notebook', name: 'a', kernel: { name: 'python3' } };
    const session = (await (await open.send('POST', 'api/sessions', body)).json()) as {
      kernel: { id: string };
    };
    const client = await new ChannelClient(open.channels(session.kernel.id, 's'), 's').open();
    const text = await (await open.request('metrics')).text();
    expect(valueOf(text, 'kernel_currently_running_total', '{type="python3"}')).toBe(1);
    expect(valueOf(text, 'kernel_sessions')).toBe(1);
    expect(valueOf(text, 'websocket_connections')).toBe(1);
    expect(valueOf(text, 'terminal_currently_running_total')).toBe(0);
    await client.close();
    await open.send('DELETE', `api/kernels/${session.kernel.id}`);
    let after = '';
    await expect
      .poll(async () => {
        after = await (await open.request('metrics')).text();
        return valueOf(after, 'websocket_connections');
      })
      .toBe(0);
    expect(valueOf(after, 'kernel_currently_running_total', '{type="python3"}')).toBeUndefined();
  });

  it('have no label that a client can make up', async () => {
    const open = await start();
    for (let n = 0; n < 20; n += 1) {
      await open.request(`nowhere/${n}`);
      await open.request(`api/contents/made-up-${n}`);
      await open.request(`api/kernels/00000000-0000-0000-0000-${String(n).padStart(12, '0')}`);
    }
    const text = await (await open.request('metrics')).text();
    const count = (labels: string) => valueOf(text, 'http_request_duration_seconds_count', labels);
    expect(count('{method="GET",route="none",code="404"}')).toBe(20);
    expect(count('{method="GET",route="/api/kernels/:id",code="404"}')).toBe(20);
    expect(text).not.toMatch(/made-up|nowhere/);
  });
});

describe('requests in the log', () => {
  it('have the id that a proxy gave them, if it is harmless, and the answer carries it', async () => {
    const open = await start();
    const idOf = async (given: string): Promise<string> =>
      (await open.request('api/none', { headers: { 'x-request-id': given } })).headers.get('x-request-id') ??
      '';
    expect(await idOf('trace-1:a/b')).toBe('trace-1:a/b');
    expect(open.log.join('')).toContain('"reqId":"trace-1:a/b"');
    for (const bad of ['a b', '{"x":1}', 'a'.repeat(129), '<b>']) {
      expect(await idOf(bad)).toMatch(/^[0-9a-f-]{36}$/);
    }
    const kernel = (await (await open.send('POST', 'api/kernels', { name: 'python3' })).json()) as {
      id: string;
    };
    const socket = open.channels(kernel.id, 's');
    const [answer] = (await once(socket, 'upgrade')) as [{ headers: Record<string, string> }];
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    socket.terminate();
    const refused = open.channels('none', 's');
    refused.on('error', () => undefined);
    const [, response] = (await once(refused, 'unexpected-response')) as [unknown, { headers: object }];
    expect(response.headers).toHaveProperty('x-request-id');
    refused.terminate();
  });

  it('hold no secret: not the token, in whichever place, nor a cookie, nor what was typed as a password', async () => {
    const open = await start({ logLevel: 'trace', token: 'a-token-9f3b' });
    const secrets = ['a-token-9f3b', 'cookie-7c21', 'typed-55aa', 'wrong-token-1d2e'];
    const plain = (path: string, init: RequestInit = {}) =>
      fetch(open.url + path, { redirect: 'manual', ...init });
    await open.request('api/kernels');
    await plain('api/kernels?token=a-token-9f3b');
    await plain('api/contents?token=wrong-token-1d2e', { headers: { cookie: 'username-x=cookie-7c21' } });
    await plain('lab?token=a-token-9f3b');
    const page = await plain('login?next=%2Flab%3Ftoken%3Da-token-9f3b');
    const xsrf = /name="_xsrf" value="([^"]*)"/.exec(await page.text())?.[1] ?? '';
    const cookie = page.headers
      .getSetCookie()
      .map((each) => each.split(';')[0])
      .join('; ');
    const form = (password: string) => ({
      ...{ method: 'POST', headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' } },
      body: new URLSearchParams({ _xsrf: xsrf, password }),
    });
    expect((await plain('login', form('typed-55aa'))).status).toBe(401);
    const login = await plain('login', form('a-token-9f3b'));
    expect(login.status).toBe(302);
    secrets.push(xsrf, ...login.headers.getSetCookie().map((each) => /=([^;]{20,})/.exec(each)?.[1] ?? xsrf));
    const socket = open.channels('none', 's');
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    const raw = connect(open.port, '127.0.0.1').resume();
    raw.write('GET /\u0001 HTTP/1.1\r\nAuthorization: token a-token-9f3b\r\nBroken header\r\n\r\n');
    await once(raw, 'close');
    const lines = open.log.join('');
    expect(lines).toContain('/api/kernels');
    expect(lines).toContain('client error');
    const bytes = [...lines.matchAll(/\[(\d+(?:,\d+)*)\]/g)].map(([, list]) =>
      Buffer.from((list ?? '').split(',').map(Number)).toString('latin1'),
    );
    for (const secret of secrets)
      expect([lines, ...bytes].filter((text) => text.includes(secret))).toEqual([]);
  });

  it('leave out what Node could not parse', () => {
    const lines: string[] = [];
    const error = Object.assign(new Error('Parse Error'), { rawPacket: Buffer.from('token x') });
    createLog('info', { write: (line) => void lines.push(line) }).info({ err: error }, 'failed');
    expect(JSON.parse(lines.join(''))).toMatchObject({ err: { message: 'Parse Error' }, msg: 'failed' });
    expect(lines.join('')).not.toContain('rawPacket');
  });
});
