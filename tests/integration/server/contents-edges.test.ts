import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContentsServer } from '../../support/contents-server.ts';

const text = (content: unknown) => ({ type: 'file', format: 'text', content });
const base64 = (content: unknown) => ({ type: 'file', format: 'base64', content });
const notebook = { metadata: {}, nbformat: 4, nbformat_minor: 5, cells: [] };

let server: ContentsServer;
beforeAll(async () => {
  server = await ContentsServer.start();
});
afterAll(() => server.close());
const at = (name: string): string => join(server.workspace, name);
const drafts = (folder = ''): string[] => readdirSync(at(folder)).filter((name) => name.endsWith('.draft'));

/** A file that takes no room, however long it is. */
function sparse(name: string, megabytes: number): void {
  writeFileSync(at(name), '');
  truncateSync(at(name), megabytes * 2 ** 20);
}

describe('requests for files that can’t be done', { timeout: 60_000 }, () => {
  beforeAll(() => {
    for (const name of ['folder', 'full', 'full/in', 'big', 'into']) mkdirSync(at(name));
    writeFileSync(at('a.txt'), 'a');
    writeFileSync(at('full/b.txt'), 'b');
    execFileSync('mkfifo', [at('pipe')]);
    sparse('huge.bin', 257);
    sparse('big/file.bin', 501);
    mkdirSync(at(`deep${'/d'.repeat(101)}`), { recursive: true });
    mkdirSync(at(`holds/.ipynb_checkpoints${'/d'.repeat(101)}`), { recursive: true });
  });
  const long = 'a'.repeat(300);

  it.each([
    ['PATCH', '', { path: 'other' }, 400, /root can't be renamed/],
    ['PATCH', 'nowhere', { path: 'other' }, 404, /does not exist/],
    ['PATCH', 'a.txt', { path: long }, 400, /name is too long/],
    ['PATCH', 'full', { path: 'full/in/itself' }, 400, /into itself/],
    ['PATCH', 'a.txt', { path: 'full' }, 409, /already exists/],
    ['PATCH', 'a.txt', { path: 7 }, 400, /path: /],
    ['POST', 'full/in', { copy_from: 'full' }, 400, /copied into itself/],
    ['POST', 'pipe', { copy_from: 'a.txt' }, 409, /already exists/],
    ['POST', 'folder', { copy_from: 'pipe' }, 400, /can't be copied/],
    ['POST', 'folder', { copy_from: 'big' }, 400, /too large to copy/],
    ['POST', 'folder', { copy_from: 'deep' }, 400, /deeper than 100/],
    ['POST', 'folder/new.bin', { copy_from: 'big/file.bin' }, 400, /too large to copy/],
    ['POST', 'folder', { type: 'file', ext: `.${'a'.repeat(250)}` }, 400, /name is too long/],
    ['PUT', 'folder', text('x'), 400, /is a directory/],
    ['PUT', 'pipe', text('x'), 400, /no regular file/],
    ['PUT', 'a.txt', { type: '', format: 'text', content: 'x' }, 400, /No file type/],
    ['PUT', 'a.txt', text(7), 400, /is no string/],
    ['PUT', 'a.txt', text('half \ud800'), 400, /half a character/],
    ['PUT', 'a.txt', base64('grüße'), 400, /no base64/],
    ['PUT', 'a.txt', base64('YWJjZ'), 400, /no base64/],
    ['PUT', 'a.txt', { format: 'text', content: 'x', chunk: 1 }, 400, /No file type/],
    ['PUT', 'a.txt', { type: 'file', format: 'text', chunk: 1 }, 400, /No file content/],
    ['PUT', 'folder', { ...text('x'), chunk: 1 }, 400, /is no file/],
    ['PUT', 'a.txt', { ...text('x'), chunk: -2 }, 400, /chunk/],
    ['PUT', 'a.txt', [], 400, /JSON data/],
    ['PUT', 'n.ipynb', { type: 'notebook', content: 'x' }, 400, /no JSON object/],
    ['PUT', 'a.txt/checkpoints', text('x'), 405, /Not Allowed/],
    ['DELETE', 'a.txt/checkpoints', undefined, 405, /Not Allowed/],
    ['DELETE', 'a.txt/trust', undefined, 405, /Not Allowed/],
    ['DELETE', 'full', undefined, 400, /not empty/],
    ['DELETE', 'holds', undefined, 400, /deeper than 100/],
    ['DELETE', 'nowhere', undefined, 404, /does not exist/],
    ['GET', 'huge.bin', undefined, 400, /too large to open/],
    ['GET', `${long}/checkpoints`, undefined, 400, /name is too long/],
    ['GET', 'a.txt?format=hex&content=2', undefined, 400, /format: .*; content: /],
    ['POST', 'nowhere.txt/checkpoints', undefined, 404, /does not exist/],
    ['POST', 'a.txt/checkpoints/other', undefined, 404, /Checkpoint does not exist/],
  ] as [string, string, unknown, number, RegExp][])(
    '%s %s %j: %i, %s',
    async (method, path, body, expected, sentence) => {
      const before = readdirSync(server.workspace).toSorted();
      const { status, body: said } = await server.send(method, path, body);
      expect([status, said['message']]).toEqual([expected, expect.stringMatching(sentence)]);
      expect(readdirSync(server.workspace).toSorted()).toEqual(before);
      expect(readFileSync(at('a.txt'), 'utf8')).toBe('a');
      expect([drafts(), drafts('folder'), readdirSync(at('folder'))]).toEqual([[], [], []]);
    },
  );

  it('takes no more than 64 uploads at once, and each place is free again when one ends', async () => {
    mkdirSync(at('uploads'));
    const piece = (index: number, chunk: number) =>
      server.send('PUT', `uploads/${index}.bin`, { ...text('x'), chunk });
    for (let index = 0; index < 64; index += 1) expect((await piece(index, 1)).status).toBe(201);
    const refused = await piece(64, 1);
    expect([refused.status, refused.body['message']]).toEqual([503, expect.stringContaining('Try again')]);
    expect((await piece(0, -1)).status).toBe(200);
    expect((await piece(64, 1)).status).toBe(201);
    expect(readFileSync(at('uploads/0.bin'), 'utf8')).toBe('xx');
  });
});

describe('files in unusual forms', { timeout: 60_000 }, () => {
  it('makes one of each kind where nothing more is said than an ending, or nothing at all', async () => {
    mkdirSync(at('made'));
    const made = async (method: string, body?: object) => (await server.send(method, 'made', body)).body;
    expect(await made('POST', { ext: '.ipynb' })).toMatchObject({ name: 'Untitled.ipynb', type: 'notebook' });
    expect(await made('POST', { type: 'directory' })).toMatchObject({ name: 'Untitled Folder' });
    expect(await made('POST', { type: 'directory' })).toMatchObject({ name: 'Untitled Folder 1' });
    expect(await made('PUT')).toMatchObject({ name: 'untitled', type: 'file', size: 0 });
    expect((await server.send('PUT', 'made/empty.txt', {})).body).toMatchObject({ type: 'file', size: 0 });
    expect((await server.send('PUT', 'made/new.ipynb', { type: '' })).body).toMatchObject({
      type: 'notebook',
    });
    expect((await server.send('PATCH', 'made/untitled', {})).body.path).toBe('made/untitled');
    expect((await server.send('PUT', 'made/folder', { type: 'directory' })).status).toBe(201);
  });

  it('passes over what is no base64 in a content, as Python does', async () => {
    const { status } = await server.send('PUT', 'lines.bin', base64('YWJj\nZGVm \t-'));
    expect([status, readFileSync(at('lines.bin'), 'utf8')]).toEqual([201, 'abcdef']);
  });

  it('lists hundreds of entries, all of them', async () => {
    mkdirSync(at('many'));
    for (let index = 0; index < 450; index += 1) writeFileSync(at(`many/${index}`), '');
    const { content } = (await server.send('GET', 'many')).body;
    expect(content).toHaveLength(450);
  });

  it('gives the ranges that a reader can ask for, and all of it for what it can’t', async () => {
    writeFileSync(at('ten.bin'), '0123456789');
    const cases: [string, number, string][] = [
      ['bytes=2-', 206, '23456789'],
      ['bytes=8-99', 206, '89'],
      ['bytes=-99', 206, '0123456789'],
      ['bytes=5-2', 200, '0123456789'],
      ['bytes=-', 200, '0123456789'],
      ['bytes=0-1,4-5', 200, '0123456789'],
      ['lines=1-2', 200, '0123456789'],
    ];
    for (const [range, status, body] of cases) {
      const response = await server.request('files/ten.bin', { headers: { range } });
      expect([range, response.status, await response.text()]).toEqual([range, status, body]);
    }
    for (const range of ['bytes=-0', 'bytes=10-']) {
      const response = await server.request('files/ten.bin', { headers: { range } });
      expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */10']);
    }
  });

  it('says of a file what browsers need to know, also where there is nothing in it', async () => {
    writeFileSync(at("it's (1)*.ipynb"), JSON.stringify(notebook));
    writeFileSync(at('empty.txt'), '');
    writeFileSync(at('noext'), 'x');
    const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      server.request(`files/${path}`, { method, headers });
    const download = await ask(encodeURIComponent("it's (1)*.ipynb"));
    expect(download.headers.get('content-disposition')).toBe(
      "attachment; filename*=utf-8''it%27s%20%281%29%2a.ipynb",
    );
    expect(download.headers.get('content-type')).toBe('application/x-ipynb+json');
    await download.text();
    const empty = await ask('empty.txt');
    expect([empty.status, empty.headers.get('content-type'), await empty.text()]).toEqual([
      ...[200, 'text/plain; charset=UTF-8', ''],
    ]);
    const noext = await ask('noext', { 'if-none-match': '"other", W/"another"' });
    expect([noext.status, noext.headers.get('content-type')]).toEqual([200, 'application/octet-stream']);
    await noext.text();
    const date = noext.headers.get('last-modified') ?? '';
    const etag = noext.headers.get('etag') ?? '';
    expect((await ask('noext', { 'if-modified-since': date })).status).toBe(304);
    expect((await ask('noext', { 'if-modified-since': new Date(0).toUTCString() })).status).toBe(200);
    expect((await ask('noext', { 'if-none-match': `"x", W/${etag}` }, 'HEAD')).status).toBe(304);
    expect((await ask('noext', { 'if-none-match': '*' }, 'HEAD')).status).toBe(304);
    expect((await ask('noext', { range: 'bytes=0-0', 'if-range': date })).status).toBe(206);
  });

  it('deletes an empty folder, and one that has only checkpoints', async () => {
    mkdirSync(at('empty'));
    mkdirSync(at('only'));
    await server.send('PUT', 'only/n.ipynb', { type: 'notebook', content: notebook });
    expect(readdirSync(at('only')).toSorted()).toEqual(['.ipynb_checkpoints', 'n.ipynb']);
    expect((await server.send('DELETE', 'only/n.ipynb')).status).toBe(204);
    for (const name of ['empty', 'only']) {
      expect((await server.send('DELETE', name)).status).toBe(204);
      expect(existsSync(at(name))).toBe(false);
    }
  });

  it('copies a folder without its pipes, and to a path of its own', async () => {
    mkdirSync(at('piped/inner'), { recursive: true });
    writeFileSync(at('piped/inner/run.sh'), 'run', { mode: 0o755 });
    execFileSync('mkfifo', [at('piped/pipe')]);
    expect((await server.send('POST', 'copied', { copy_from: 'piped' })).status).toBe(201);
    expect(readdirSync(at('copied'))).toEqual(['inner']);
    expect(statSync(at('copied/inner/run.sh')).mode & 0o111).not.toBe(0);
  });

  it('lets the old of two names of one file go, as a rename that was cut off leaves them', async () => {
    writeFileSync(at('old.txt'), 'one');
    linkSync(at('old.txt'), at('new.txt'));
    expect((await server.send('PATCH', 'old.txt', { path: 'new.txt' })).status).toBe(200);
    expect([existsSync(at('old.txt')), readFileSync(at('new.txt'), 'utf8')]).toEqual([false, 'one']);
    symlinkSync('new.txt', at('link-a'));
    linkSync(at('link-a'), at('link-b'));
    expect((await server.send('PATCH', 'link-a', { path: 'link-b' })).status).toBe(409);
  });

  it('keeps a checkpoint through a rename into another folder, and what was there before it', async () => {
    mkdirSync(at('from'));
    mkdirSync(at('to'));
    await server.send('PUT', 'from/a.txt', text('kept'));
    await server.send('POST', 'from/a.txt/checkpoints');
    await server.send('PUT', 'from/a.txt', text('later'));
    expect((await server.send('PATCH', 'from/a.txt', { path: 'to/b.txt' })).status).toBe(200);
    expect((await server.send('POST', 'to/b.txt/checkpoints/checkpoint')).status).toBe(204);
    expect(readFileSync(at('to/b.txt'), 'utf8')).toBe('kept');
    expect((await server.send('GET', 'from/a.txt/checkpoints')).body).toEqual([]);
  });

  it('leaves a file to its owner, and a draft to the server that may still write it', async () => {
    const owner = process.getuid?.() === 0 ? 12_345 : (process.getuid?.() ?? 0);
    mkdirSync(at('owned'));
    writeFileSync(at('owned/theirs.txt'), 'old');
    chownSync(at('owned/theirs.txt'), owner, statSync(at('owned')).gid);
    const fresh = `.~replique-${'1'.repeat(16)}.draft`;
    writeFileSync(at(`owned/${fresh}`), 'half');
    expect((await server.send('PUT', 'owned/theirs.txt', text('new'))).status).toBe(200);
    expect(statSync(at('owned/theirs.txt')).uid).toBe(owner);
    expect(drafts('owned')).toEqual([fresh]);
  });

  it('follows absolute links where everything is served', async () => {
    const all = await ContentsServer.start({ top: join(server.top, 'all'), directory: '/' });
    writeFileSync(at('target.txt'), 'reached');
    symlinkSync(at('target.txt'), at('absolute'));
    expect((await all.send('GET', at('absolute').slice(1))).body.content).toBe('reached');
    await all.close();
  });

  it('shows a time of any file system, 1970 for one that is none', async () => {
    const { timestamp } = await import('../../../server/services/contents/model.ts');
    utimesSync(at('ten.bin'), 1, 1.5);
    expect((await server.send('GET', 'ten.bin?content=0')).body['last_modified']).toBe(
      '1970-01-01T00:00:01.500000Z',
    );
    utimesSync(at('ten.bin'), new Date(0), new Date(-1250));
    expect((await server.send('GET', 'ten.bin?content=0')).body['last_modified']).toBe(
      '1969-12-31T23:59:58.750000Z',
    );
    expect([NaN, 9e15, 3e14, -7e13, 0].map(timestamp)).toEqual(Array(5).fill('1970-01-01T00:00:00Z'));
  });
});
