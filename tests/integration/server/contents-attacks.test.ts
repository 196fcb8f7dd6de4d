import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContentsServer } from '../../support/contents-server.ts';

const secret = 'what nobody may read';

describe('requests that try to get out of the served directory', { timeout: 60_000 }, () => {
  let server: ContentsServer;
  beforeAll(async () => {
    server = await ContentsServer.start();
    mkdirSync(join(server.top, 'outside'));
    writeFileSync(join(server.top, 'outside', 'secret.txt'), secret);
    writeFileSync(join(server.top, 'workspace-neighbour'), secret);
    writeFileSync(join(server.workspace, 'inside.txt'), 'inside');
    mkdirSync(join(server.workspace, 'folder'));
    const link = (target: string, name: string): void => symlinkSync(target, join(server.workspace, name));
    link('../outside', 'to-outside');
    link(join(server.top, 'outside', 'secret.txt'), 'to-secret.txt');
    link(`${server.workspace}-neighbour`, 'to-neighbour');
    link('folder/../../outside/secret.txt', 'crooked.txt');
    link('loop-b', 'loop-a');
    link('loop-a', 'loop-b');
    link('nowhere', 'broken');
    link('/etc', 'folder/etc');
    link('inside.txt', 'link.txt');
    link(join(server.workspace, 'inside.txt'), 'absolute.txt');
    link('../inside.txt', 'folder/up.txt');
    link('.', 'folder/here');
    execFileSync('mkfifo', [join(server.workspace, 'pipe')]);
  });
  afterAll(() => server.close());

  /** Sends a path exactly as it is: `fetch` would resolve `..`. */
  function raw(method: string, path: string, body = ''): Promise<{ status: number; text: string }> {
    const { hostname, port } = new URL(server.url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      let text = '';
      socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
      socket.on('error', reject);
      socket.on('end', () => resolve({ status: Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1]), text }));
      const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: token secret-token\r\nConnection: close\r\n`;
      socket.write(
        `${head}Content-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        'latin1',
      );
    });
  }

  const outside = [
    '../outside/secret.txt',
    '%2e%2e/outside/secret.txt',
    '%2E%2e%2foutside%2fsecret.txt',
    '..%2Foutside%2Fsecret.txt',
    '%252e%252e%252foutside%252fsecret.txt',
    '..%5coutside%5csecret.txt',
    '..\\outside\\secret.txt',
    '%c0%ae%c0%ae/outside/secret.txt',
    '%uff0e%uff0e/outside/secret.txt',
    '%EF%BC%8E%EF%BC%8E/outside/secret.txt',
    'folder/../../outside/secret.txt',
    'folder/..;/..;/outside/secret.txt',
    './../outside/secret.txt',
    '/etc/passwd',
    '//etc/passwd',
    '%2Fetc%2Fpasswd',
    'file:%2F%2F%2Fetc%2Fpasswd',
    'to-outside/secret.txt',
    'to-outside',
    'to-secret.txt',
    'to-neighbour',
    'crooked.txt',
    'folder/etc/passwd',
    'folder/here/here/etc/passwd',
    'loop-a',
    'broken',
    'inside.txt%00',
    'inside.txt%00.ipynb',
    'inside.txt/..',
    '%ED%A0%80.txt',
    `${'a/'.repeat(3000)}x`,
    'a'.repeat(300),
    '../workspace/inside.txt',
    '../workspace-neighbour',
    'proc/self/environ',
    '.ipynb_checkpoints/../../outside/secret.txt',
  ];
  it.each(outside)('finds nothing at %s', async (path) => {
    for (const prefix of ['/api/contents/', '/files/']) {
      for (const suffix of ['', '?content=0&hash=1', '?type=file&format=base64']) {
        const { status, text } = await raw('GET', prefix + path + suffix);
        expect([400, 404, 414, 431], `${prefix}${path}${suffix}: ${status}`).toContain(status);
        expect(text).not.toContain(secret);
        expect(text).not.toContain('root:');
      }
    }
    await raw('PUT', `/api/contents/${path}`, '{"type":"file","format":"text","content":"planted"}');
    expect(readFileSync(join(server.top, 'outside', 'secret.txt'), 'utf8')).toBe(secret);
    expect(readFileSync(join(server.top, 'workspace-neighbour'), 'utf8')).toBe(secret);
    expect(readFileSync('/etc/passwd', 'utf8')).not.toBe('planted');
    expect(readdirSync(server.top).toSorted()).toEqual(['outside', 'workspace', 'workspace-neighbour']);
    expect(readdirSync(join(server.top, 'outside'))).toEqual(['secret.txt']);
  });

  it('follows links that stay inside, and lists no others', async () => {
    for (const path of ['link.txt', 'absolute.txt', 'folder/up.txt', 'folder/here/here/up.txt']) {
      expect((await server.send('GET', path)).body.content, path).toBe('inside');
    }
    const { body } = await server.send('GET', '');
    const names = (body.content as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['link.txt', 'absolute.txt', 'inside.txt']));
    for (const name of ['to-outside', 'to-secret.txt', 'to-neighbour', 'crooked.txt', 'loop-a', 'pipe']) {
      expect(names).not.toContain(name);
    }
  });

  it('saves through a link into the file that it leads to, and removes and renames the link alone', async () => {
    const body = { type: 'file', format: 'text', content: 'inside' };
    expect((await server.send('PUT', 'link.txt', body)).status).toBe(200);
    expect((await server.send('PATCH', 'link.txt', { path: 'renamed.txt' })).status).toBe(200);
    expect((await server.send('DELETE', 'renamed.txt')).status).toBe(204);
    expect(readFileSync(join(server.workspace, 'inside.txt'), 'utf8')).toBe('inside');
    expect((await server.send('DELETE', 'to-outside')).status).toBe(204);
    expect(existsSync(join(server.top, 'outside', 'secret.txt'))).toBe(true);
  });

  it.each([
    ['PATCH', 'inside.txt', { path: '../outside/moved.txt' }],
    ['PATCH', 'inside.txt', { path: 'folder/etc/moved.txt' }],
    ['PATCH', 'folder', { path: 'folder/in/itself' }],
    ['POST', '', { copy_from: '../outside/secret.txt' }],
    ['POST', '', { copy_from: 'to-secret.txt' }],
    ['POST', 'folder', { copy_from: 'folder/etc' }],
    ['POST', '', { type: 'file', ext: '/../../outside/made.txt' }],
    ['POST', '', { type: 'directory', ext: '/../../outside/made' }],
    ['POST', '..%2Foutside%2Fsecret.txt/checkpoints', {}],
    ['POST', 'inside.txt/checkpoints/..%2F..%2Foutside%2Fsecret.txt', {}],
    ['DELETE', 'inside.txt/checkpoints/..%2F..%2Foutside%2Fsecret.txt', undefined],
    ['DELETE', '..%2Foutside%2Fsecret.txt', undefined],
    ['PUT', 'pipe', { type: 'file', format: 'text', content: 'x' }],
    ['PUT', 'folder/etc/x', { type: 'directory' }],
    ['PUT', 'chunked.txt/../../outside/x', { type: 'file', format: 'text', content: 'x', chunk: 1 }],
  ])('%s %s %j is refused', async (method, path, body) => {
    const { status, body: said } = await server.send(method, path, body);
    expect([400, 404]).toContain(status);
    expect(Object.keys(said).toSorted()).toEqual(['message', 'reason']);
    expect(readdirSync(join(server.top, 'outside'))).toEqual(['secret.txt']);
    expect(JSON.stringify(said)).not.toContain(server.top);
  });

  it('stays inside when a folder becomes a link in the middle of it', async () => {
    const folder = join(server.workspace, 'swapped');
    const aside = join(server.workspace, 'aside');
    mkdirSync(folder);
    writeFileSync(join(folder, 'secret.txt'), 'harmless');
    const swapping = new AbortController();
    const swap = (async () => {
      while (!swapping.signal.aborted) {
        renameSync(folder, aside);
        symlinkSync(join(server.top, 'outside'), folder);
        await new Promise(setImmediate);
        rmSync(folder);
        renameSync(aside, folder);
        await new Promise(setImmediate);
      }
    })();
    const seen = new Set<number>();
    for (let round = 0; round < 150; round += 1) {
      const [read, raw, saved] = await Promise.all([
        server.send('GET', 'swapped/secret.txt'),
        server.request('files/swapped/secret.txt').then((response) => response.text()),
        server.send('PUT', 'swapped/new.txt', { type: 'file', format: 'text', content: 'new' }),
      ]);
      expect(JSON.stringify(read.body) + raw).not.toContain(secret);
      seen.add(read.status);
      expect(saved.status).toBeLessThan(500);
    }
    swapping.abort();
    await swap;
    expect([...seen].every((status) => status === 200 || status === 404)).toBe(true);
    expect(readdirSync(join(server.top, 'outside'))).toEqual(['secret.txt']);
  });

  it('keeps checkpoints out of a link that lies in their place', async () => {
    mkdirSync(join(server.workspace, 'trap'));
    symlinkSync('../../outside', join(server.workspace, 'trap', '.ipynb_checkpoints'));
    const notebook = {
      type: 'notebook',
      content: { metadata: {}, nbformat: 4, nbformat_minor: 5, cells: [] },
    };
    expect((await server.send('PUT', 'trap/n.ipynb', notebook)).status).toBe(201);
    expect((await server.send('POST', 'trap/n.ipynb/checkpoints')).status).toBeGreaterThanOrEqual(400);
    expect(readdirSync(join(server.top, 'outside'))).toEqual(['secret.txt']);
  });

  it('copies a folder without what its links lead to', async () => {
    mkdirSync(join(server.workspace, 'linked'));
    symlinkSync('../../outside', join(server.workspace, 'linked', 'out'));
    writeFileSync(join(server.workspace, 'linked', 'own.txt'), 'own');
    const { status, body } = await server.send('POST', 'folder', { copy_from: 'linked' });
    expect([status, body.path]).toEqual([201, 'folder/linked']);
    expect(readdirSync(join(server.workspace, 'folder', 'linked')).toSorted()).toEqual(['out', 'own.txt']);
    expect((await server.send('GET', 'folder/linked/out/secret.txt')).status).toBe(404);
  });

  it('waits for no pipe', async () => {
    expect((await server.send('GET', 'pipe')).status).toBe(400);
    expect((await server.request('files/pipe')).status).toBe(404);
  });
});
