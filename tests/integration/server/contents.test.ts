import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ContentsManager } from '@jupyterlab/services';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ContentsServer, type Model } from '../../support/contents-server.ts';

const notebook = (cells: readonly object[] = []) => ({ metadata: {}, nbformat: 4, nbformat_minor: 5, cells });
const text = (content: string) => ({ type: 'file', format: 'text', content });

describe('JupyterLab’s ContentsManager on our server', { timeout: 60_000 }, () => {
  let server: ContentsServer;
  let contents: ContentsManager;
  beforeAll(async () => {
    server = await ContentsServer.start({ baseUrl: '/a%40b/' });
    contents = new ContentsManager({ serverSettings: server.settings });
  });
  afterAll(async () => {
    contents.dispose();
    await server.close();
  });

  it('makes, saves, reads, renames, copies, lists and deletes', async () => {
    const made = await contents.newUntitled({ path: '', type: 'notebook' });
    expect(made).toMatchObject({ path: 'Untitled.ipynb', type: 'notebook', writable: true, content: null });
    const saved = await contents.save(made.path, { type: 'notebook', format: 'json', content: notebook() });
    expect(saved.last_modified).not.toBe('');
    const read = await contents.get(made.path, { content: true, hash: true });
    expect(read).toMatchObject({ content: notebook(), format: 'json', hash_algorithm: 'sha256' });
    expect((await contents.get(made.path, { content: false, hash: true })).hash).toBe(read.hash);
    const folder = await contents.newUntitled({ path: '', type: 'directory' });
    const renamed = await contents.rename(made.path, `${folder.path}/ä b%20#.ipynb`);
    expect(renamed.path).toBe('Untitled Folder/ä b%20#.ipynb');
    const copied = await contents.copy(renamed.path, folder.path);
    expect(copied.name).toBe('ä b%20#-Copy1.ipynb');
    const listed = (await contents.get(folder.path)).content as { name: string }[];
    expect(listed.map(({ name }) => name).toSorted()).toEqual(['ä b%20#-Copy1.ipynb', 'ä b%20#.ipynb']);
    await contents.delete(copied.path);
    await expect(contents.get(copied.path)).rejects.toMatchObject({ response: { status: 404 } });
    await expect(contents.rename(renamed.path, renamed.path)).resolves.toMatchObject({ path: renamed.path });
  });

  it('keeps checkpoints and goes back to them', async () => {
    await contents.save('kept.ipynb', { type: 'notebook', content: notebook([]) });
    const [first] = await contents.listCheckpoints('kept.ipynb');
    expect(first?.id).toBe('checkpoint');
    const cell = { cell_type: 'markdown', id: 'a', metadata: {}, source: 'new' };
    await contents.save('kept.ipynb', { type: 'notebook', content: notebook([cell]) });
    await contents.restoreCheckpoint('kept.ipynb', 'checkpoint');
    expect((await contents.get('kept.ipynb')).content).toEqual(notebook([]));
    await contents.deleteCheckpoint('kept.ipynb', 'checkpoint');
    expect(await contents.listCheckpoints('kept.ipynb')).toEqual([]);
  });

  it('tells where a file can be downloaded', async () => {
    await contents.save('data.csv', { type: 'file', format: 'text', content: 'a,b\n' });
    const url = await contents.getDownloadUrl('data.csv');
    const response = await fetch(url, { headers: { authorization: 'token secret-token' } });
    expect(await response.text()).toBe('a,b\n');
    expect(response.headers.get('content-security-policy')).toContain('sandbox allow-scripts');
  });
});

describe('files of the contents API', { timeout: 60_000 }, () => {
  let server: ContentsServer;
  beforeAll(async () => {
    server = await ContentsServer.start();
  });
  afterAll(() => server.close());
  afterEach(() => void vi.unstubAllEnvs());
  const at = (name: string): string => join(server.workspace, name);

  it('gathers an upload in pieces and shows it when it is whole', async () => {
    writeFileSync(at('movie.bin'), 'old');
    const pieces = [Buffer.alloc(70_000, 1), Buffer.alloc(70_000, 2), Buffer.alloc(5, 3)];
    const chunks = [1, 2, -1];
    for (const [index, piece] of pieces.entries()) {
      expect(readFileSync(at('movie.bin'), 'utf8')).toBe('old');
      const body = {
        type: 'file',
        format: 'base64',
        content: piece.toString('base64'),
        chunk: chunks[index],
      };
      expect((await server.send('PUT', 'movie.bin', body)).status).toBe(200);
    }
    expect(readFileSync(at('movie.bin'))).toEqual(Buffer.concat(pieces));
    expect(readdirSync(server.workspace).filter((name) => name.includes('draft'))).toEqual([]);
  });

  it('refuses a piece that is not the next one, and keeps nothing of the upload', async () => {
    const piece = (chunk: number) => ({ type: 'file', format: 'text', content: 'x', chunk });
    expect((await server.send('PUT', 'torn.txt', piece(1))).status).toBe(201);
    const { status, body } = await server.send('PUT', 'torn.txt', piece(3));
    expect([status, body['message']]).toEqual([400, expect.stringContaining('Upload it again')]);
    expect((await server.send('PUT', 'torn.txt', piece(-1))).status).toBe(400);
    expect(existsSync(at('torn.txt'))).toBe(false);
    expect(readdirSync(server.workspace).filter((name) => name.includes('draft'))).toEqual([]);
  });

  it('answers the same hash for the same bytes, which is that of the file', async () => {
    await server.send('PUT', 'hashed.txt', text('grüße\n'));
    const expected = createHash('sha256').update('grüße\n').digest('hex');
    for (const query of ['?hash=1', '?content=0&hash=1']) {
      expect((await server.send('GET', `hashed.txt${query}`)).body['hash']).toBe(expected);
    }
    expect((await server.send('GET', 'hashed.txt')).body['hash']).toBeNull();
  });

  it('keeps the permissions of a file that it replaces', async () => {
    writeFileSync(at('script.sh'), 'old', { mode: 0o750 });
    chmodSync(at('script.sh'), 0o751);
    expect((await server.send('PUT', 'script.sh', text('new'))).status).toBe(200);
    expect(statSync(at('script.sh')).mode & 0o777).toBe(0o751);
    expect(readFileSync(at('script.sh'), 'utf8')).toBe('new');
  });

  it('lets one of two renames to the same path win, and overwrites nothing', async () => {
    await Promise.all(['x.txt', 'y.txt'].map((name) => server.send('PUT', name, text(name))));
    const renames = ['x.txt', 'y.txt'].map((name) => server.send('PATCH', name, { path: 'z.txt' }));
    const codes = (await Promise.all(renames)).map(({ status }) => status);
    expect(codes.toSorted()).toEqual([200, 409]);
    const winner = codes[0] === 200 ? 'x.txt' : 'y.txt';
    expect(readFileSync(at('z.txt'), 'utf8')).toBe(winner);
    expect(existsSync(at(winner === 'x.txt' ? 'y.txt' : 'x.txt'))).toBe(true);
  });

  it('gives twenty new files at once twenty names, and leaves each save whole', async () => {
    mkdirSync(at('many'));
    const made = await Promise.all(
      Array.from({ length: 20 }, () => server.send('POST', 'many', { type: 'notebook' })),
    );
    expect(new Set(made.map(({ body }) => body.path)).size).toBe(20);
    const contents = Array.from({ length: 20 }, (_each, index) => String(index).repeat(200_000));
    await Promise.all(contents.map((content) => server.send('PUT', 'many/same.txt', text(content))));
    expect(contents).toContain(readFileSync(at('many/same.txt'), 'utf8'));
  });

  it('shows a change from elsewhere to a client that asks before it saves', async () => {
    await server.send('PUT', 'shared.txt', text('mine'));
    const before = (await server.send('GET', 'shared.txt?content=0&hash=1')).body['hash'];
    writeFileSync(at('shared.txt'), 'theirs');
    expect((await server.send('GET', 'shared.txt?content=0&hash=1')).body['hash']).not.toBe(before);
  });

  it('serves no corrupt notebook as a good one, and says what to do', async () => {
    for (const broken of [
      '',
      '{"cells": [',
      '[]',
      '{"nbformat": 4, "metadata": {}}',
      '\xff',
      '['.repeat(5000),
    ]) {
      writeFileSync(at('broken.ipynb'), broken, 'latin1');
      const { status, body } = await server.send('GET', 'broken.ipynb');
      expect([status, body['message']], broken).toEqual([
        400,
        expect.stringMatching(/^Unreadable Notebook: .*checkpoint/),
      ]);
    }
    const { status, body } = await server.send('PUT', 'broken.ipynb', {
      type: 'notebook',
      content: { cells: 1 },
    });
    expect([status, body['message']]).toEqual([400, expect.stringContaining('was not saved')]);
    expect(readFileSync(at('broken.ipynb')).length).toBe(5000);
  });

  it('gives cells without ids the same ones each time', async () => {
    const cell = { cell_type: 'markdown', metadata: {}, source: 'same' };
    writeFileSync(
      at('ids.ipynb'),
      JSON.stringify(notebook([cell, cell, { ...cell, id: 'a' }, { ...cell, id: 'a' }])),
    );
    const ids = async (): Promise<string[]> => {
      const { content } = (await server.send('GET', 'ids.ipynb')).body as {
        content: { cells: { id: string }[] };
      };
      return content.cells.map(({ id }) => id);
    };
    const first = await ids();
    expect(new Set(first).size).toBe(4);
    expect(await ids()).toEqual(first);
  });

  it('trusts outputs that a client has trusted, by what they are, and no others', async () => {
    const cell = (id: string, html: string, trusted: boolean) => ({
      ...{ cell_type: 'code', id, metadata: { trusted }, source: '', execution_count: 1 },
      outputs: [{ output_type: 'display_data', metadata: {}, data: { 'text/html': html } }],
    });
    const trusted = async (name: string): Promise<unknown[]> => {
      const { content } = (await server.send('GET', name)).body as {
        content: { cells: { metadata: Model }[] };
      };
      return content.cells.map(({ metadata }) => metadata['trusted']);
    };
    const cells = [cell('a', '<b>ran\nhere</b>', true), cell('b', '<b>from elsewhere</b>', false)];
    await server.send('PUT', 'trust.ipynb', { type: 'notebook', content: notebook(cells) });
    expect(await trusted('trust.ipynb')).toEqual([true, false]);
    expect(readFileSync(at('trust.ipynb'), 'utf8')).not.toContain('trusted');
    writeFileSync(at('sent.ipynb'), readFileSync(at('trust.ipynb'), 'utf8').replace('ran\\n', 'runs\\n'));
    expect(await trusted('sent.ipynb')).toEqual([false, false]);
    expect((await server.send('POST', 'sent.ipynb/trust')).status).toBe(201);
    expect(await trusted('sent.ipynb')).toEqual([true, true]);
  });

  it('serves parts of a file, and nothing where it has not changed', async () => {
    await server.send('PUT', 'page.html', text('<b>0123456789</b>'));
    const ask = (headers: Record<string, string>, method = 'GET') =>
      server.request('files/page.html?_xsrf=x', { method, headers });
    const whole = await ask({});
    const etag = whole.headers.get('etag') ?? '';
    expect(await whole.text()).toBe('<b>0123456789</b>');
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'text/html',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "frame-ancestors 'self'; sandbox allow-scripts",
      'accept-ranges': 'bytes',
    });
    const part = await ask({ range: 'bytes=3-5' });
    expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
      206,
      '012',
      'bytes 3-5/17',
    ]);
    expect(await (await ask({ range: 'bytes=-4' })).text()).toBe('</b>');
    expect((await ask({ range: 'bytes=99-' })).status).toBe(416);
    expect((await ask({ range: 'bytes=3-5', 'if-range': '"other"' })).status).toBe(200);
    expect((await ask({ 'if-none-match': etag })).status).toBe(304);
    const head = await ask({}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '17', '']);
    const download = await server.request('files/page.html?download=1');
    expect(download.headers.get('content-disposition')).toBe("attachment; filename*=utf-8''page.html");
  });

  it('opens a folder that is called checkpoints', async () => {
    mkdirSync(at('run/checkpoints'), { recursive: true });
    writeFileSync(at('run/checkpoints/step-1.txt'), 'weights');
    expect((await server.send('GET', 'run/checkpoints')).body['type']).toBe('directory');
    expect((await server.send('GET', 'run/checkpoints/step-1.txt')).body.content).toBe('weights');
    expect((await server.send('GET', 'run/checkpoints/step-1.txt/checkpoints')).body).toEqual([]);
  });

  it('removes what a killed server left when it saves there again', async () => {
    mkdirSync(at('after'));
    const draft = at(`after/.~replique-${'0'.repeat(16)}.draft`);
    writeFileSync(draft, 'half');
    utimesSync(draft, 1, 1);
    await server.send('PUT', 'after/a.txt', text('a'));
    expect(readdirSync(at('after'))).toEqual(['a.txt']);
  });

  it('says what to do when the root is gone', async () => {
    const gone = await ContentsServer.start();
    rmSync(gone.workspace, { recursive: true });
    const { status, body } = await gone.send('GET', '');
    expect([status, body['message']]).toEqual([404, expect.stringContaining('Make it again')]);
    await gone.close();
  });

  it('moves what is deleted to the trash, from where a desktop brings it back', async () => {
    const trashing = await ContentsServer.start({ toTrash: true });
    vi.stubEnv('XDG_DATA_HOME', join(trashing.top, 'data'));
    const deleted = join(trashing.workspace, 'ä folder');
    mkdirSync(deleted);
    writeFileSync(join(deleted, 'file.txt'), 'kept');
    expect((await trashing.send('DELETE', encodeURIComponent('ä folder'))).status).toBe(204);
    const trash = join(trashing.top, 'data', 'Trash');
    expect(readFileSync(join(trash, 'files', 'ä folder', 'file.txt'), 'utf8')).toBe('kept');
    const info = readFileSync(join(trash, 'info', 'ä folder.trashinfo'), 'utf8');
    expect(info).toMatch(
      /^\[Trash Info\]\nPath=\S*\/%C3%A4%20folder\nDeletionDate=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\n$/,
    );
    await trashing.close();
  });

  it('tells of what happens to files, for those who listen to events', async () => {
    const events: unknown[] = [];
    const told = await ContentsServer.start({ onEvent: (event) => void events.push(event) });
    await told.send('PUT', 'a.txt', text('a'));
    await told.send('PATCH', 'a.txt', { path: 'b.txt' });
    await told.send('POST', '', { copy_from: 'b.txt' });
    await told.send('DELETE', 'b.txt');
    expect(events).toEqual([
      { action: 'save', path: 'a.txt' },
      { action: 'rename', path: 'b.txt', source_path: 'a.txt' },
      { action: 'copy', path: 'b-Copy1.txt', source_path: 'b.txt' },
      { action: 'delete', path: 'b.txt' },
    ]);
    await told.close();
  });

  it('serves hidden files where that was asked for', async () => {
    const open = await ContentsServer.start({ allowHidden: true });
    expect((await open.send('PUT', '.env', text('a=1'))).status).toBe(201);
    expect((await open.send('GET', '.env')).body.content).toBe('a=1');
    await open.close();
  });
});
