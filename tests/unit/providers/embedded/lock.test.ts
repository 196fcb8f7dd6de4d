import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from '../../../../kernel/providers/embedded/lock.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replique-lock-'));
  path = join(folder, 'deep', 'some.lock');
});
afterEach(() => rm(folder, { recursive: true }));

const left = async (): Promise<string[]> => readdir(join(folder, 'deep'));

test('only one at a time, and nothing is left behind', async () => {
  let inside = 0;
  let most = 0;
  const waits: number[] = [];
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await delay(5);
    inside -= 1;
  };
  await Promise.all(
    Array.from({ length: 12 }, (_, i) => withLock(path, work, { pollMs: 3, onWait: () => waits.push(i) })),
  );
  expect(most).toBe(1);
  expect(new Set(waits).size).toBe(waits.length);
  expect(waits.length).toBeGreaterThan(0);
  expect(await left()).toEqual([]);
});

test('what the work returns or throws comes out, and the lock is free again', async () => {
  expect(await withLock(path, () => Promise.resolve(7))).toBe(7);
  await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(path, () => Promise.resolve(8))).toBe(8);
});

const deadPid = 2 ** 22 + 12_345;

test('the lock of a dead process is taken over, by one of many', async () => {
  await withLock(path, () => Promise.resolve());
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await delay(1);
    inside -= 1;
  };
  for (let round = 0; round < 100; round += 1) {
    await writeFile(path, JSON.stringify({ pid: deadPid, host: hostname(), token: 'x' }));
    await Promise.all(Array.from({ length: 8 }, () => withLock(path, work, { pollMs: 1 })));
  }
  expect(most).toBe(1);
  expect(await left()).toEqual([]);
});

test('a lock that nobody touched for long is taken over, whoever owns it', async () => {
  await withLock(path, () => Promise.resolve());
  await writeFile(path, JSON.stringify({ pid: process.pid, host: 'another', token: 'x' }));
  const long = new Date(Date.now() - 60_000);
  await utimes(path, long, long);
  expect(await withLock(path, () => Promise.resolve('mine'))).toBe('mine');
});

test('an owner that works for long keeps its lock fresh', async () => {
  let others = 0;
  const staleMs = 1000;
  const owner = withLock(path, () => delay(3000), { staleMs });
  await delay(20);
  const other = withLock(path, () => Promise.resolve(++others), { staleMs, pollMs: 10 });
  await delay(2000);
  expect(others).toBe(0);
  await owner;
  await other;
  expect(others).toBe(1);
});

test('who waits can be called off', async () => {
  const control = new AbortController();
  await withLock(path, async () => {
    const waiting = withLock(path, () => Promise.resolve(), { signal: control.signal });
    control.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow();
  });
  expect(await left()).toEqual([]);
});

test('a lock that someone took away by force is not removed from its new owner', async () => {
  await withLock(path, () => writeFile(path, 'another’s'));
  expect(await left()).toEqual(['some.lock']);
});
