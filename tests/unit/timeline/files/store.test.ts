import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { diffOfDeltas } from '../../../../kernel/timeline/files/differences.ts';
import type { FileEntry } from '../../../../kernel/timeline/files/contract.ts';
import { isFresh } from '../../../../kernel/timeline/files/known.ts';
import { ObjectStore } from '../../../../kernel/timeline/files/store.ts';

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'replique-store-')), 'objects');
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

const content = (letter: string): Buffer => Buffer.alloc(100, letter);
const none = (): ReadonlySet<string> => new Set();

it('lets go of what nothing names first, then of the oldest, never of what is in use', async () => {
  const store = new ObjectStore(directory, 1000);
  const keep = async (letter: string, inUse = none): Promise<string> =>
    (await store.keep(content(letter), inUse))!;
  const hashes: string[] = [];
  for (const letter of 'abcdefghij') hashes.push(await keep(letter));
  const [a, b, c, d, ...others] = hashes as [string, string, string, string, ...string[]];
  store.name(a);
  store.name(b);
  others.push(await keep('k', () => new Set([c])));
  expect([a, b, c, d].map((hash) => store.has(hash))).toEqual([true, true, true, false]);
  expect(store.news().hasLetGo).toBe(false);
  const inUse = (): ReadonlySet<string> => new Set([c, ...others]);
  for (const letter of 'lmn') await keep(letter, () => new Set([...inUse(), a]));
  expect([a, b, c].map((hash) => store.has(hash))).toEqual([true, false, true]);
  expect(store.news().hasLetGo).toBe(true);
  const all = new Set(readdirSync(directory));
  expect(await store.keep(Buffer.alloc(200), () => all)).toBeUndefined();
});

it('is for its owner only, and knows what an earlier kernel kept, but for drafts', async () => {
  const hash = (await new ObjectStore(directory, 1000).keep(content('a'), none))!;
  writeFileSync(join(directory, '.0123456789abcdef.draft'), 'half');
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, hash)).mode & 0o777).toBe(0o600);
  const store = new ObjectStore(directory, 1000);
  expect(store.read(hash, 3)?.toString()).toBe('aaa');
  expect(readdirSync(directory)).toEqual([hash]);
  store.retain(new Set(), none);
  expect(readdirSync(directory)).toEqual([]);
});

it('tells what differs between two states that come from the same one', () => {
  const entry = (hash: string): FileEntry => ({ hash, kind: 'file', mode: 0o644, size: 1, kept: true });
  const [x, y] = [entry('x'), entry('y')];
  const a = [
    [{ path: 'both', before: x, after: y }],
    [
      { path: 'a', after: x },
      { path: 'gone', before: x },
    ],
  ];
  const b = [
    [
      { path: 'both', before: x, after: y },
      { path: 'b', after: y },
      { path: 'old', before: x, after: y },
    ],
  ];
  expect(diffOfDeltas(a, b).map(({ path, status }) => `${path} ${status}`)).toEqual([
    'a removed',
    'b added',
    'gone added',
    'old changed',
  ]);
});

it('trusts no mark that is as young as a tick of the clock that files have', () => {
  const second = 1_000_000_000n;
  const mark = { dev: 1n, ino: 1n, size: 1n, mode: 0n };
  const fine = { ...mark, mtimeNs: 100n * second + 4n, ctimeNs: 100n * second + 4n };
  const coarse = { ...mark, mtimeNs: 100n * second, ctimeNs: 100n * second };
  expect(isFresh(fine, 100n * second + 10_000_000n)).toBe(true);
  expect(isFresh(fine, 101n * second)).toBe(false);
  expect(isFresh(coarse, 102n * second)).toBe(true);
  expect(isFresh(coarse, 103n * second)).toBe(false);
  // A clock that is ahead, and a time that was set back.
  expect(isFresh(fine, 90n * second)).toBe(true);
  expect(isFresh({ ...fine, mtimeNs: 1n }, 100n * second)).toBe(true);
});
