import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { ServerSettings } from '../../../server/config.ts';
import { hashPassword } from '../../../server/http/access/password.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const token = 'secret-token';
let server: RepliqueServer;

/** A request with these headers and no others: `fetch` won't send some of them. */
function ask(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.port, method, path, headers, agent: false };
    const request = httpRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
const statusOf = async (...asked: Parameters<typeof ask>): Promise<number> => (await ask(...asked)).status;
const cookiesOf = ({ headers }: Answer): readonly string[] => [headers['set-cookie'] ?? []].flat();
const pairs = (cookies: readonly string[]): string =>
  cookies.map((cookie) => cookie.split(';')[0]).join('; ');
const xsrfOf = (cookie: string): string => /_xsrf=([^;]+)/.exec(cookie)?.[1] ?? '';

/** The cookies of a browser that came with the token in its address. */
async function browser(): Promise<string> {
  return pairs(cookiesOf(await ask('GET', `/api/status?token=${token}`)));
}

/** What a WebSocket gets: `open`, or the status of the refusal. */
function socket(headers: Record<string, string>, query = ''): Promise<unknown> {
  const path = `/api/kernels/00000000-0000-0000-0000-000000000000/channels${query}`;
  const opening = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
  return new Promise((resolve) => {
    opening.on('error', () => undefined);
    opening.on('unexpected-response', (request, { statusCode }) => {
      request.destroy();
      resolve(statusCode);
    });
  });
}

describe('who comes in', () => {
  beforeAll(async () => {
    server = await RepliqueServer.start({ token });
  });
  afterAll(() => server.close());

  it('takes the token in every form that clients have', async () => {
    for (const authorization of [
      `token ${token}`,
      `Token ${token}`,
      `Bearer ${token}`,
      `bearer  ${token} `,
    ]) {
      expect(await statusOf('GET', '/api/status', { authorization })).toBe(200);
    }
    expect(await statusOf('GET', `/api/status?token=${token}`)).toBe(200);
    expect(await statusOf('GET', '/api/status', { cookie: await browser() })).toBe(200);
  });

  it.each([
    ['nothing', {}, ''],
    ['a wrong token', { authorization: 'token wrong' }, ''],
    ['a token that begins right', { authorization: `token ${token.slice(0, -1)}` }, ''],
    ['a token that goes on', { authorization: `token ${token}x` }, ''],
    ['an empty token', { authorization: 'token ' }, '?token='],
    ['the token as a password', { authorization: `Basic ${btoa(`user:${token}`)}` }, ''],
    ['a cookie of its own making', { cookie: `username-127-0-0-1=1; username=${token}` }, ''],
  ])('refuses %s, in JSON', async (_, headers, query) => {
    const { status, body } = await ask('GET', `/api/status${query}`, headers);
    expect(status).toBe(403);
    expect(JSON.parse(body)).toEqual({ message: 'Forbidden', reason: null });
  });

  it('refuses every route but /api and the login, also those that there are not', async () => {
    expect(await statusOf('GET', '/api')).toBe(200);
    expect(await statusOf('GET', '/login')).toBe(200);
    const closed = [
      ...['/api/kernels', '/api/sessions', '/api/kernelspecs', '/api/me', '/api/config/notebook', '/nowhere'],
      ...[
        '/kernelspecs/replique/logo-svg.svg',
        '//api/status',
        '/api//status',
        '/API/status',
        '/./api/status',
      ],
    ];
    for (const path of closed) expect([path, await statusOf('GET', path)]).toEqual([path, 403]);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']) {
      expect(await statusOf(method, '/api/kernels')).toBe(403);
    }
  });

  it('gives a browser cookies that scripts can’t read, other servers’ apart, and that can’t be forged', async () => {
    const cookies = cookiesOf(await ask('GET', `/api/status?token=${token}`));
    const name = `username-127-0-0-1-${server.port}`;
    expect(cookies[0]).toMatch(
      new RegExp(`^${name}=[\\w.-]+; Path=/; SameSite=Lax; HttpOnly; Max-Age=\\d+$`),
    );
    expect(cookies[1]).toMatch(/^_xsrf=[\w.-]+; Path=\/; SameSite=Lax$/);
    expect(cookies.join()).not.toContain(token);
    const [value = ''] = /=[^;]+/.exec(cookies[0] ?? '') ?? [];
    const later = value.replace(/^=\d/, '=9');
    expect(later).not.toBe(value);
    expect(await statusOf('GET', '/api/status', { cookie: `${name}${later}` })).toBe(403);
    // One kind of signed text is not taken for the other.
    expect(await statusOf('GET', '/api/status', { cookie: `${name}=${xsrfOf(pairs(cookies))}` })).toBe(403);
  });

  it('takes changes from a cookie only with `_xsrf`, which only our pages can read', async () => {
    const cookie = await browser();
    const xsrf = xsrfOf(cookie);
    const body = '{"name":"nonesuch"}';
    const post = (headers: Record<string, string>, path = '/api/kernels'): Promise<number> =>
      statusOf('POST', path, headers, body);
    expect(await post({ cookie })).toBe(403);
    expect(await post({ cookie, 'x-xsrftoken': 'wrong' })).toBe(403);
    // A page of another port of this host can set cookies, but not sign them.
    const planted = cookie.replace(xsrf, 'planted');
    expect(await post({ cookie: planted, 'x-xsrftoken': 'planted' })).toBe(403);
    // Nor is the other signed cookie taken for it.
    const [, login = ''] = /username[^=]*=([^;]+)/.exec(cookie) ?? [];
    expect(await post({ cookie: cookie.replace(xsrf, login), 'x-xsrftoken': login })).toBe(403);
    expect(await post({ cookie, 'x-xsrftoken': xsrf })).toBe(400);
    expect(await post({ cookie }, `/api/kernels?_xsrf=${xsrf}`)).toBe(400);
    expect(await post({ authorization: `token ${token}` })).toBe(400);
  });

  it('does nothing for pages of others with the browser’s cookies', async () => {
    const cookie = await browser();
    const xsrf = { 'x-xsrftoken': xsrfOf(cookie) };
    const host = `127.0.0.1:${server.port}`;
    for (const origin of [
      'http://evil.example',
      'null',
      `http://127.0.0.1:1`,
      `http://localhost:${server.port}`,
    ]) {
      expect(await statusOf('GET', '/api/status', { cookie, origin })).toBe(404);
      expect(await statusOf('POST', '/api/kernels', { cookie, origin, ...xsrf })).toBe(404);
      expect(await socket({ cookie, origin })).toBe(403);
    }
    expect(await statusOf('GET', '/api/status', { cookie, 'sec-fetch-site': 'cross-site' })).toBe(404);
    expect(await statusOf('GET', '/api/status', { cookie, 'sec-fetch-site': 'same-site' })).toBe(404);
    expect(await statusOf('GET', '/api/status', { cookie, origin: `http://${host}` })).toBe(200);
    expect(await socket({ cookie, origin: `http://${host}` })).toBe(404); // there is no such kernel
    const { headers } = await ask('GET', '/api/status', { origin: 'http://evil.example' });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(await statusOf('GET', `/api/status?token=${token}`, { origin: 'http://evil.example' })).toBe(200);
  });

  it('answers only to names of this machine: a foreign name that points here is none', async () => {
    const authorization = `token ${token}`;
    const { port } = server;
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
    ]) {
      expect(await statusOf('GET', '/api/status', { authorization, host })).toBe(403);
      expect(await socket({ authorization, host })).toBe(403);
    }
    for (const host of [`localhost:${port}`, '127.0.0.1', `[::1]:${port}`, 'LOCALHOST', '127.9.9.9']) {
      expect(await statusOf('GET', '/api/status', { authorization, host })).toBe(200);
    }
    expect(await statusOf('GET', '/login', { host: 'evil.example' })).toBe(403);
  });

  it('says nothing of a token, in the log or in an answer', async () => {
    await ask('GET', `/api/status?token=${token}`);
    await ask('GET', `/nowhere?token=${token}`, { authorization: `token ${token}`, cookie: `a=${token}` });
    await socket({}, `?token=${token}`);
    await ask('POST', '/api/kernels', { authorization: `token ${token}` }, `{"name": "${token}"`);
    expect(server.log.length).toBeGreaterThan(3);
    expect(server.log.join()).not.toContain(token);
  });
});

describe('the login', () => {
  afterEach(() => server.close());
  const password = 'correct horse battery';
  const begin = async (settings: ServerSettings = {}): Promise<void> => {
    const directory = mkdtempSync(join(tmpdir(), 'rp-'));
    const passwordFile = join(directory, 'password');
    writeFileSync(passwordFile, await hashPassword(password), { mode: 0o600 });
    server = await RepliqueServer.start({ token, passwordFile, ...settings });
    rmSync(directory, { recursive: true });
  };

  async function page(): Promise<{ readonly cookie: string; readonly xsrf: string }> {
    const answer = await ask('GET', '/login?');
    expect(answer.status).toBe(200);
    const [, xsrf = ''] = /name="_xsrf" value="([^"]+)"/.exec(answer.body) ?? [];
    return { cookie: pairs(cookiesOf(answer)), xsrf };
  }
  const login = (fields: Record<string, string>, cookie: string, query = '', more = {}): Promise<Answer> =>
    ask(
      'POST',
      `/login${query}`,
      { cookie, 'content-type': 'application/x-www-form-urlencoded', ...more },
      new URLSearchParams(fields).toString(),
    );

  it('takes the password, or the token, and goes on where one wanted to', async () => {
    await begin();
    const { cookie, xsrf } = await page();
    for (const given of [password, token]) {
      const answer = await login({ password: given, _xsrf: xsrf }, cookie, '?next=%2Fapi%2Fstatus%3Fa%3D1');
      expect([answer.status, answer.headers['location']]).toEqual([302, '/api/status?a=1']);
      const [first = ''] = cookiesOf(answer);
      expect(first).toContain('HttpOnly');
      expect(await statusOf('GET', '/api/status', { cookie: pairs([first]) })).toBe(200);
    }
    expect(await statusOf('GET', '/api/status', { authorization: `token ${password}` })).toBe(403);
  });

  it.each([
    '//evil.example/',
    'https://evil.example',
    '/\\evil.example',
    '/%0d%0aX: y\r\nZ: z',
    'javascript:1',
  ])('leads nowhere else: %s', async (next) => {
    await begin();
    const { cookie, xsrf } = await page();
    const answer = await login({ password, _xsrf: xsrf }, cookie, `?next=${encodeURIComponent(next)}`);
    expect([answer.status, answer.headers['location']]).toEqual([302, '/']);
  });

  it('refuses forms of others, and counts attempts, also those made at once', async () => {
    await begin();
    const { cookie, xsrf } = await page();
    expect((await login({ password }, cookie)).status).toBe(403);
    expect((await login({ password, _xsrf: 'x' }, '_xsrf=x')).status).toBe(403);
    const origin = 'http://evil.example';
    expect((await login({ password, _xsrf: xsrf }, cookie, '', { origin })).status).toBe(404);
    const tries = Array.from({ length: 12 }, (_, n) =>
      login({ password: `guess ${n}`, _xsrf: xsrf }, cookie),
    );
    const answers = await Promise.all(tries);
    expect(answers.map(({ status }) => status).filter((status) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
    const right = await login({ password, _xsrf: xsrf }, cookie);
    expect(right.status).toBe(429);
    expect(Number(right.headers['retry-after'])).toBeGreaterThan(0);
    expect(server.log.join()).not.toContain('guess');
  }, 60_000);

  it('logs out', async () => {
    await begin();
    const [cookie = ''] = cookiesOf(await ask('GET', '/logout'));
    expect(cookie).toMatch(/^username-127-0-0-1-\d+=; .*Max-Age=0/);
  });

  it('has a page that runs no script and can’t be framed', async () => {
    await begin();
    const { headers } = await ask('GET', '/login');
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  });
});

describe('a server without token', () => {
  beforeAll(async () => {
    server = await RepliqueServer.start({ token: '' });
  });
  afterAll(() => server.close());

  it('lets programs in, but no page of others', async () => {
    expect(await statusOf('GET', '/api/status')).toBe(200);
    expect(await statusOf('POST', '/api/kernels', {}, '{"name":"nonesuch"}')).toBe(400);
    const origin = 'http://evil.example';
    expect(await statusOf('POST', '/api/kernels', { origin }, '{"name":"nonesuch"}')).toBe(404);
    expect(await statusOf('POST', '/api/kernels', { 'sec-fetch-site': 'same-origin' }, '{}')).toBe(403);
    expect(await statusOf('GET', '/api/status', { host: 'evil.example' })).toBe(403);
    expect(await socket({ origin })).toBe(403);
  });
});

describe('what is sent', () => {
  beforeAll(async () => {
    server = await RepliqueServer.start({ token });
  });
  afterAll(() => server.close());
  const post = async (body: string, headers = {}): Promise<readonly [number, string]> => {
    const answer = await ask('POST', '/api/sessions', { authorization: `token ${token}`, ...headers }, body);
    return [answer.status, (JSON.parse(answer.body) as { message: string }).message];
  };

  it('is parsed as JSON whatever it is called, and refused with a sentence', async () => {
    const missing = 'Missing field in JSON data: path';
    for (const type of ['text/plain;charset=UTF-8', 'application/json', 'x', '']) {
      expect(await post('{"type":"notebook"}', { 'content-type': type })).toEqual([400, missing]);
    }
    expect(await post('{"path":"a"}')).toEqual([400, 'Missing field in JSON data: type']);
    expect(await post('{')).toEqual([400, 'Invalid JSON in body of request']);
    expect((await post('{"path":1,"type":"x"}'))[0]).toBe(400);
    expect((await post('[]'))[0]).toBe(400);
  });

  it('is bounded in size, depth and header, and reaches no prototype', async () => {
    expect((await post(`{"path":"${'x'.repeat(2 ** 20)}"}`))[0]).toBe(413);
    expect((await post('['.repeat(100_000)))[0]).toBe(400);
    expect((await post('{"__proto__":{"path":"a","type":"b"}}'))[1]).toContain('__proto__');
    expect((await post('{"kernel":{"\\u005f_proto__":{}}}'))[1]).toContain('__proto__');
    const headers = { authorization: `token ${token}`, 'x-long': 'x'.repeat(70_000) };
    expect(await statusOf('GET', '/api/status', headers)).toBe(431);
  });

  it('is answered in JSON where it is no HTTP that can be, and holds nobody up', async () => {
    const raw = (text: string): Promise<string> =>
      new Promise((resolve) => {
        const peer = connect(server.port, '127.0.0.1', () => peer.write(text));
        let answer = '';
        peer.on('data', (chunk) => (answer += chunk.toString()));
        peer.on('close', () => resolve(answer));
      });
    expect(await raw('nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
    expect(await raw('GET /%ff%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1.1 4/,
    );
    expect(await statusOf('GET', '/api')).toBe(200);
  });

  it('gets 405 for a method that a path has not, 302 for a slash too many, and ignores what it does not know', async () => {
    const authorization = `token ${token}`;
    const wrong = await ask('PUT', '/api/kernels', { authorization });
    expect([wrong.status, wrong.headers['allow']]).toEqual([405, 'GET, HEAD, POST']);
    const slash = await ask('GET', '/api/kernels/?a=1', { authorization });
    expect([slash.status, slash.headers['location']]).toEqual([302, '/api/kernels?a=1']);
    expect((await ask('GET', '//evil.example/', { authorization })).headers['location']).not.toMatch(/^\/\//);
    expect(
      await statusOf('GET', '/api/kernels?1700000000000&contentProviderId=undefined', { authorization }),
    ).toBe(200);
  });

  it('reaches no file but those of a kernelspec', async () => {
    const authorization = `token ${token}`;
    const base = '/kernelspecs/replique';
    expect(await statusOf('GET', `${base}/logo-svg.svg`, { authorization })).toBe(200);
    for (const path of ['../package.json', '..%2fpackage.json', '%2e%2e/package.json', '', '%00']) {
      expect([path, await statusOf('GET', `${base}/${path}`, { authorization })]).toEqual([path, 404]);
    }
    const { headers } = await ask('GET', `${base}/logo-svg.svg`, { authorization });
    expect(headers['content-security-policy']).toContain('sandbox');
    const etag = String(headers['etag']);
    expect(await statusOf('GET', `${base}/logo-svg.svg`, { authorization, 'if-none-match': etag })).toBe(304);
  });
});

describe('TLS', () => {
  it('is spoken with a certificate, and cookies then stay within it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rt-'));
    const [keyFile, certFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const options = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'];
    execFileSync('openssl', ['req', ...options, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
    server = await RepliqueServer.start({ token, certFile, keyFile });
    try {
      expect(server.url).toMatch(/^https:/);
      const { request } = await import('node:https');
      const cookies = await new Promise<string>((resolve, reject) => {
        const path = `/api/status?token=${token}`;
        const ca = readFileSync(certFile);
        request({ host: 'localhost', port: server.port, path, ca, agent: false }, (response) => {
          response.resume();
          resolve(String(response.headers['set-cookie']));
        })
          .on('error', reject)
          .end();
      });
      expect(cookies).toContain('; Secure');
    } finally {
      await server.close();
      rmSync(directory, { recursive: true });
    }
  });
});
