import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Saved } from '../../../kernel/session/schema.ts';
import { SessionStore } from '../../../kernel/session/store.ts';

let directory: string;
let store: SessionStore;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'replique-store-'));
  store = new SessionStore(directory);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const saved = (changes: Partial<Saved> = {}): Saved => ({
  ...{ version: 1, session: randomUUID(), kernel: 'k', at: '2026-11-20T10:00:00.000Z', process: { pid: 1 } },
  ...{ prompts: 1, executionCount: 1, title: 'Hello' },
  talk: { cell: 1, entries: [{ role: 'user', cell: 1, parts: [{ kind: 'words', text: 'Hello' }] }] },
  ...changes,
});
const key = { kernel: 'k', notebook: undefined };
const age = (name: string, days: number): void => {
  const at = new Date(Date.now() - days * 24 * 60 * 60 * 1000);
  utimesSync(join(directory, name), at, at);
};

describe('saved sessions', () => {
  it('are found by kernel and by notebook, the newest first, and read as they were written', async () => {
    const [one, two, other] = [
      saved(),
      saved({ notebook: '/n.ipynb' }),
      saved({ kernel: 'x', notebook: '/n.ipynb' }),
    ];
    for (const each of [one, two, other]) await store.save(each);
    await store.mark(one, 'end');
    expect(store.find(key)).toHaveLength(2);
    const found = store.find({ kernel: 'k', notebook: '/n.ipynb' });
    expect(found.map(({ isKernels }) => isKernels).sort()).toEqual([false, true, true]);
    expect(store.read(found.at(-1)?.file ?? '')).toEqual({ ...one, ended: 'end' });
    expect(store.find({ kernel: 'none', notebook: undefined })).toEqual([]);
  });

  it('that are marked are at no moment newer than those that were saved after them', async () => {
    const [left, newer] = [saved(), saved()];
    await store.save(left);
    await store.save({ ...newer, at: new Date().toISOString() });
    const newest = new Set<string>();
    const marked = new AbortController();
    const looking = (async () => {
      while (!marked.signal.aborted) {
        newest.add(store.find(key)[0]?.file ?? '');
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let time = 0; time < 100; time += 1) await store.mark(left, 'end');
    marked.abort();
    await looking;
    expect([...newest].filter((file) => !file.includes(newer.session))).toEqual([]);
  });

  it('of many cells without a model are read again', async () => {
    const parts = Array.from({ length: 30_000 }, () => ({ kind: 'note', text: 'x' }) as const);
    const many = saved({ talk: { cell: 1, entries: [{ role: 'user', cell: 1, parts }] } });
    await store.save(many);
    expect(store.read(store.find(key)[0]?.file ?? '')).toEqual(many);
  });

  it('that are too long are not written, and what was written before stays', async () => {
    const one = saved();
    await store.save(one);
    const entries = [
      { role: 'user', cell: 1, parts: [{ kind: 'words', text: 'x'.repeat(65 * 2 ** 20) }] },
    ] as const;
    await expect(store.save({ ...one, talk: { cell: 1, entries } })).rejects.toThrow('too long');
    const [{ parts, ...entry }] = entries;
    const wide = [{ ...entry, parts: [{ ...parts[0], text: '語'.repeat(22 * 2 ** 20) }] }];
    await expect(store.save({ ...one, talk: { cell: 1, entries: wide } })).rejects.toThrow('too long');
    expect(store.read(store.find(key)[0]?.file ?? '')).toEqual(one);
  });

  it('of a newer Replique are left where that finds them', async () => {
    const one = saved();
    await store.save(one);
    const [{ file } = { file: '' }] = store.find(key);
    writeFileSync(file, JSON.stringify({ ...one, version: 2, talk: { messages: [] } }));
    const read = store.read(file);
    expect(read).toEqual({ problem: expect.stringMatching(/newer Replique saved are left/) as string });
    expect(existsSync(file)).toBe(true);
  });

  it.each([
    ['the assistant first', [{ role: 'assistant', cell: 1, parts: [{ kind: 'words', text: 'x' }] }]],
    ['an unknown role', [{ role: 'system', cell: 1, parts: [{ kind: 'words', text: 'x' }] }]],
    ['no parts', [{ role: 'user', cell: 1, parts: [] }]],
  ])('that no conversation can be made of are set aside: %s', async (_, entries) => {
    const one = saved();
    await store.save(one);
    const [{ file } = { file: '' }] = store.find(key);
    writeFileSync(file, JSON.stringify({ ...one, talk: { cell: 1, entries } }));
    expect(store.read(file)).toMatchObject({ problem: expect.stringContaining('set aside') as string });
    expect(existsSync(`${file}.broken`)).toBe(true);
  });

  it('that are links, to themselves or to another, are not followed', async () => {
    await store.save(saved());
    const [{ file } = { file: '' }] = store.find(key);
    const secret = join(directory, 'elsewhere');
    renameSync(file, secret);
    symlinkSync(secret, file);
    expect(store.find(key)).toEqual([]);
    rmSync(file);
    symlinkSync(file, file);
    expect(store.find(key)).toEqual([]);
  });

  it('are removed after 90 days and beyond 200, whatever else lies there', async () => {
    for (let i = 0; i < 205; i += 1) await store.save(saved());
    const names = readdirSync(directory);
    names.forEach((name, at) => age(name, at / 10));
    age(names[0] ?? '', 91);
    mkdirSync(join(directory, 'old.broken'));
    age('old.broken', 100);
    symlinkSync(join(directory, 'loop.json'), join(directory, 'loop.json'));
    writeFileSync(join(directory, '.0-0.01234567.draft'), 'x');
    age('.0-0.01234567.draft', 2);
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    age('notes.txt', 400);
    store.prune();
    const left = readdirSync(directory);
    expect(left).not.toContain(names[0]);
    expect(left).not.toContain('old.broken');
    expect(left).not.toContain('.0-0.01234567.draft');
    expect(left).toContain('notes.txt');
    expect(left.filter((name) => name.endsWith('.json')).length).toBeLessThanOrEqual(200);
    expect(left).toContain(names[1]);
  });
});
