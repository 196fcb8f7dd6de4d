import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { hashPassword } from '../../../server/http/access/password.ts';
import type { ServerSettings } from '../../../server/config.ts';
import { labPlacesIn } from '../../support/lab-places.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

/** What VS Code's Jupyter extension asks "an existing Jupyter server", step by step (jupyterPasswordConnect.ts and its like). */

const password = 'long enough';
let home: string;
let server: RepliqueServer;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'rv-'));
  writeFileSync(join(home, 'password'), await hashPassword(password), { mode: 0o600 });
  return () => rmSync(home, { recursive: true });
});
afterEach(() => server.close());

const start = async (settings: ServerSettings, hasPage: boolean): Promise<void> => {
  server = await RepliqueServer.start(settings, [], hasPage ? labPlacesIn(home) : undefined);
};
const visit = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(server.url + path, { redirect: 'manual', ...init });

/** The address at which it ends when it follows all that `/` says. */
async function end(): Promise<{ status: number; address: string }> {
  const { status, url } = await visit('', { redirect: 'follow' });
  return { status, address: url.slice(server.url.length) };
}
const needsPassword = async (): Promise<boolean> => (await visit('tree?')).status !== 200;
const isHub = async (): Promise<boolean> => (await visit('hub/api')).status === 200;

/** As the extension reads `Set-Cookie`: what comes behind the name is the value, attributes included. */
const cookiesOf = ({ headers }: Response): [string, string][] =>
  headers.getSetCookie().map((cookie) => {
    const equals = cookie.indexOf('=');
    return [cookie.slice(0, equals), cookie.slice(equals + 1)];
  });

/** Its login: the headers that all further requests have. */
async function login(given: string): Promise<Record<string, string> | undefined> {
  const form = await visit('login?');
  const xsrf = Object.fromEntries(cookiesOf(form))['_xsrf']?.split(';')[0] ?? '';
  expect(form.status).toBe(200);
  const answer = await visit('login?', {
    method: 'POST',
    headers: {
      cookie: `_xsrf=${xsrf}`,
      'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
    },
    body: new URLSearchParams({ _xsrf: xsrf, password: given }).toString(),
  });
  const [first] = cookiesOf(answer);
  if (answer.status !== 302 || first === undefined) return undefined;
  return { cookie: `_xsrf=${xsrf}; ${first[0]}=${first[1]}`, 'x-xsrftoken': xsrf };
}

/** Looks whether the server is one, begins a session for a notebook that is not there, and runs a cell in it. */
async function use(headers: Record<string, string>, query = ''): Promise<string> {
  for (const path of ['api/kernels', 'api/kernelspecs', 'api/sessions']) {
    expect([path, (await visit(path, { headers })).status]).toEqual([path, 200]);
  }
  const fields = { path: `a-jvsc-${randomUUID()}.ipynb`, name: 'a', type: 'notebook' };
  const created = await visit('api/sessions', {
    ...{ method: 'POST', headers: { ...headers, 'content-type': 'application/json' } },
    body: JSON.stringify({ ...fields, kernel: { name: 'python3' } }),
  });
  expect(created.status).toBe(201);
  const { kernel } = (await created.json()) as { kernel: { id: string } };
  const socket = new WebSocket(
    `${server.url.replace('http', 'ws')}api/kernels/${kernel.id}/channels?session_id=s${query}`,
    ['v1.kernel.websocket.jupyter.org'],
    { headers },
  );
  const heard = new Promise<string>((resolve, reject) => {
    let text = '';
    socket.on('error', reject);
    socket.on('message', (data) => {
      text += (data as Buffer).toString('latin1');
      if (/"text": ?"42/.test(text) && text.includes('"idle"')) resolve(socket.protocol);
    });
  });
  socket.on('open', () => socket.send(executeRequest('print(6 * 7)')));
  const protocol = await heard;
  socket.close();
  return protocol;
}

/** `execute_request` in the form of the subprotocol v1. */
function executeRequest(code: string): Buffer {
  const header = { msg_id: 'm', msg_type: 'execute_request', session: 's', username: '', version: '5.3' };
  const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false };
  const parts = ['shell', ...[header, {}, {}, content].map((part) => JSON.stringify(part))];
  const buffers = parts.map((part) => Buffer.from(part));
  const offsets = [8 * (buffers.length + 2)];
  for (const { length } of buffers) offsets.push((offsets.at(-1) ?? 0) + length);
  const head = Buffer.alloc(8 * (offsets.length + 1));
  [offsets.length, ...offsets].forEach((value, index) => head.writeBigUInt64LE(BigInt(value), 8 * index));
  return Buffer.concat([head, ...buffers]);
}

describe.each([
  ['without pages', false],
  ['with JupyterLab', true],
])('VS Code at a server %s', { timeout: 60_000 }, (_, hasPage) => {
  it('comes in with the token of the address', async () => {
    await start({}, hasPage);
    expect(await isHub()).toBe(false);
    expect(await end()).toEqual({ status: 200, address: expect.stringMatching(/^login\?/) as string });
    expect(await needsPassword()).toBe(true); // with a token in hand it goes on without one
    expect((await visit('lab/tree/a.ipynb')).headers.get('location') ?? 'login?').toContain('login?');
    const { token } = server;
    expect(await use({ authorization: `token ${token}` }, `&token=${token}`)).toMatch(/^v1/);
  });

  it('comes in with the password, or with the token in its place', async () => {
    await start({ passwordFile: join(home, 'password') }, hasPage);
    expect([await isHub(), await needsPassword()]).toEqual([false, true]);
    expect((await end()).address).toMatch(/^login\?/);
    expect(await login('wrong')).toBeUndefined();
    expect(await login(server.token)).toBeDefined();
    const headers = await login(password);
    expect(await use(headers ?? {})).toMatch(/^v1/);
  });

  it('comes in without anything where nothing is asked for', async () => {
    await start({ token: '' }, hasPage);
    expect([await isHub(), await needsPassword()]).toEqual([false, false]);
    expect(await end()).toEqual({ status: 200, address: hasPage ? 'lab?' : '' });
    expect(await use({})).toMatch(/^v1/);
  });
});

describe('a server without pages', () => {
  it('says to people what it is for, and lets nobody see more', async () => {
    await start({ baseUrl: '/base/' }, false);
    for (const path of ['', 'tree']) {
      const page = await server.request(path);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(await page.text()).toContain('existing Jupyter');
      expect((await visit(path)).headers.get('location')).toBe(
        `/base/login?next=${encodeURIComponent(`/base/${path}`)}`,
      );
    }
    expect((await server.request('lab')).status).toBe(404);
    expect((await visit('lab')).status).toBe(403);
  });
});
