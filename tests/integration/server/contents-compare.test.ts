import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../fuzz/random.ts';
import { ContentsServer } from '../../support/contents-server.ts';
import { JupyterServer } from '../../support/jupyter-server.ts';
import { randomSequence, type Step } from '../../support/contents-steps.ts';

interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly body: unknown;
}

/** What both must say alike: everything but times, words of errors, and trust, which is decided by other means. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key]) => !['created', 'last_modified', 'trusted'].includes(key))
    .filter(([key, inner]) => key !== 'id' || inner === 'checkpoint') // made at random for old notebooks
    .map(([key, inner]) => [key, key === 'message' ? 'said' : comparable(inner)] as const);
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

const byName = (body: unknown): unknown => {
  const { type, content } = (body ?? {}) as { type?: string; content?: unknown };
  if (type !== 'directory' || !Array.isArray(content)) return body;
  const models = content as { name: string }[];
  return { ...(body as object), content: models.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
};

describe('the same requests for files to jupyter_server and to ours', { timeout: 240_000 }, () => {
  let ours: ContentsServer;
  let theirs: JupyterServer;
  beforeAll(async () => {
    theirs = await JupyterServer.start([], ['--FileContentsManager.delete_to_trash=False']);
    ours = await ContentsServer.start();
    for (const root of [theirs.workspace, ours.workspace]) plant(root);
  }, 120_000);
  afterAll(async () => {
    await ours.close();
    await theirs.close();
  });

  async function ask(base: string, token: string, { method, path, body }: Step): Promise<Answer> {
    const response = await fetch(`${base}api/contents${path}`, {
      method,
      headers: { authorization: `token ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isError = response.status >= 400;
    const body_ = isError || text === '' ? undefined : comparable(byName(JSON.parse(text)));
    return { status: response.status, location: response.headers.get('location'), body: body_ };
  }

  async function same(step: Step, trail: readonly Step[] = []): Promise<void> {
    const their = await ask(`${theirs.origin}/`, theirs.token, step);
    const our = await ask(ours.url, 'secret-token', step);
    const where = JSON.stringify({ step, before: trail.slice(-4) });
    // They read and write a notebook that is copied, and say what is wrong in it; ours copies its bytes.
    if (step.method === 'POST') delete (their.body as { message?: string } | undefined)?.message;
    if (their.status >= 500) expect(our.status, where).toBeLessThan(500);
    else expect(our, where).toEqual(their);
  }

  it('sequences of saves, renames, copies, deletions and checkpoints', async () => {
    const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? 7);
    console.log(`seed ${seed}`);
    const random = new Random(seed);
    const trail: Step[] = [];
    for (const step of randomSequence(random, 400)) {
      await same(step, trail);
      trail.push(step);
    }
  });

  it.each([
    ['GET', '/planted/v3.ipynb'],
    ['GET', '/planted/broken.ipynb'],
    ['GET', '/planted/v5.ipynb'],
    ['GET', '/planted/list.ipynb'],
    ['GET', '/planted/latin.txt'],
    ['GET', '/planted/latin.txt?format=text'],
    ['GET', '/planted/latin.txt?format=base64&hash=1'],
    ['GET', '/planted/plain.txt?format=base64'],
    ['GET', '/planted/plain.txt?format=hex'],
    ['GET', '/planted/plain.txt?content=2'],
    ['GET', '/planted/plain.txt?hash=2'],
    ['GET', '/planted/plain.txt?type=notebook'],
    ['GET', '/planted/plain.txt?type=notebook&content=0'],
    ['GET', '/planted/plain.txt?type=directory'],
    ['GET', '/planted/broken.ipynb?type=file'],
    ['GET', '/planted/invalid.ipynb'],
    ['GET', '/planted/invalid.ipynb?content=0&hash=1'],
    ['GET', '/planted?type=file'],
    ['GET', '/planted?content=0'],
    ['GET', '/planted?hash=1&contentProviderId=undefined&1700000000000'],
    ['GET', '/planted/.hidden'],
    ['GET', '/.ipynb_checkpoints'],
    ['GET', '/planted/inside.txt/more'],
    ['GET', '/../../etc/passwd'],
    ['GET', '/%2e%2e/%2e%2e/etc/passwd'],
    ['GET', '/planted/%00.txt'],
    ['GET', '/planted/a%5Cb.txt'],
    ['GET', '/planted/100%25.txt'],
    ['GET', '/planted/100%2525.txt'],
    ['GET', '/planted/%C3%A4%20%2B%23%3F.txt'],
    ['PUT', '/.hidden.txt', { type: 'file', format: 'text', content: '' }],
    ['DELETE', '/.hidden.txt'],
    ['DELETE', ''],
    ['PATCH', '/planted/plain.txt', { path: '.hidden.txt' }],
    ['PATCH', '/planted/plain.txt'],
    ['PATCH', '/planted/nowhere.txt', { path: 'planted/somewhere.txt' }],
    ['PATCH', '/planted/plain.txt', { path: 'nowhere/plain.txt' }],
    ['POST', '/planted', { copy_from: '.hidden.txt' }],
    ['POST', '/planted', { copy_from: 'nowhere.txt' }],
    ['POST', '/planted', { copy_from: '../../etc/passwd' }],
    ['POST', '/planted/copied.txt', { copy_from: 'planted/plain.txt' }],
    ['POST', '/planted/nowhere/copied.txt', { copy_from: 'planted/plain.txt' }],
    ['POST', '/nowhere', { type: 'notebook' }],
    ['POST', '/planted/plain.txt', { type: 'file' }],
    ['PUT', '/planted/saved.txt', { copy_from: 'planted/plain.txt' }],
    ['PUT', '/planted/odd.txt', { type: 'file', format: 'hex', content: '' }],
    ['PUT', '/planted/odd.txt', { type: 'file', format: 'base64', content: 'YWJj' }],
    ['PUT', '/planted/odd.txt', { type: 'file', format: 'base64', content: 'YWJ' }],
    ['PUT', '/planted/odd.txt', { content: 'x' }],
    ['PUT', '/planted/odd.txt', { type: 'file', format: 'text' }],
    ['PUT', '/planted/odd.txt', { type: 'unheard-of', format: 'text', content: 'x' }],
    ['PUT', '/planted', { type: 'directory' }],
    ['PUT', '/planted/plain.txt', { type: 'directory' }],
    ['PUT', '/planted/piece.bin', { type: 'notebook', format: 'json', content: {}, chunk: 1 }],
    ['GET', '/planted/plain.txt/checkpoints'],
    ['GET', '/planted/nowhere.txt/checkpoints'],
    ['DELETE', '/planted/plain.txt/checkpoints/checkpoint'],
    ['DELETE', '/planted/plain.txt/checkpoints/other'],
    ['POST', '/planted/plain.txt/checkpoints'],
    ['POST', '/planted/plain.txt/checkpoints/checkpoint'],
    ['DELETE', '/planted/plain.txt/checkpoints/checkpoint'],
    ['PATCH', '/planted/plain.txt/checkpoints', {}],
    ['POST', '/planted/invalid.ipynb/trust'],
    ['GET', '/planted/invalid.ipynb/trust'],
  ] as [string, string, unknown?][])('%s %s %j', async (method, path, body) => {
    await same({ method, path, body });
  });
});

function plant(root: string): void {
  const folder = join(root, 'planted');
  mkdirSync(folder);
  const write = (name: string, content: string | Buffer): void => writeFileSync(join(folder, name), content);
  write('plain.txt', 'plain\n');
  write('latin.txt', Buffer.from('gr\xfc\xdfe '.repeat(40), 'latin1'));
  write('.hidden', 'hidden');
  write('inside.txt', 'inside');
  write('a\\b.txt', 'backslash');
  write('100%.txt', 'percent');
  write('100%25.txt', 'percent 25');
  write('ä +#?.txt', 'signs');
  write('left~', 'not listed');
  write('old.pyc', 'not listed');
  mkdirSync(join(folder, '__pycache__'));
  write('broken.ipynb', '{"cells": [');
  write('list.ipynb', '[]');
  write('v5.ipynb', JSON.stringify({ nbformat: 5, nbformat_minor: 0, metadata: {}, cells: [] }));
  const cell = {
    cell_type: 'code',
    metadata: {},
    source: ['a\n', 'b'],
    outputs: [],
    execution_count: 1,
    odd: true,
  };
  write('invalid.ipynb', JSON.stringify({ nbformat: 4, nbformat_minor: 4, metadata: {}, cells: [cell] }));
  const sheet = { cells: [{ cell_type: 'markdown', metadata: {}, source: ['# Old'] }] };
  write(
    'v3.ipynb',
    JSON.stringify({ nbformat: 3, nbformat_minor: 0, metadata: { name: 'x' }, worksheets: [sheet] }),
  );
}
