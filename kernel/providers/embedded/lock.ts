import { randomUUID } from 'node:crypto';
import { link, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeDirectories } from '../../files.ts';
import { isAlive } from '../../alive.ts';

/**
 * A lock between processes: a file that names its owner, made by `link`, which is atomic. Its owner touches it, so
 * that a lock whose owner died, even on another machine that shares the directory, can be told by its age.
 */

interface LockOptions {
  readonly signal?: AbortSignal;
  /** Called once, when another process holds the lock. */
  readonly onWait?: () => void;
  /** A lock that was not touched for so long is abandoned. */
  readonly staleMs?: number;
  readonly pollMs?: number;
}

/**
 * Runs `work` while holding the lock file at `path`.
 * @throws what `work` throws, or the signal's reason if it is aborted while waiting
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const { signal, onWait, staleMs = 30_000, pollMs = 200 } = options;
  makeDirectories(dirname(path), 0o700);
  const mine = `${path}.${randomUUID()}`;
  const content = JSON.stringify({ pid: process.pid, host: hostname(), token: mine });
  await writeFile(mine, content, { mode: 0o600 });
  try {
    let waited = false;
    while (!(await acquire(path, mine, staleMs))) {
      if (!waited) onWait?.();
      waited = true;
      await delay(pollMs, undefined, signal ? { signal } : {});
    }
  } finally {
    await rm(mine, { force: true });
  }
  const beat = setInterval(() => void touch(path), Math.max(50, staleMs / 4));
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if ((await readIfThere(path)) === content) await rm(path, { force: true });
  }
}

async function acquire(path: string, mine: string, staleMs: number): Promise<boolean> {
  if (await linkIfFree(mine, path)) return true;
  const held = await readIfThere(path);
  if (held === undefined || !(await isAbandoned(path, held, staleMs))) return false;
  return (await removeAbandoned(path, held, mine, staleMs)) && linkIfFree(mine, path);
}

/** One of several waiters at a time looks once more and removes it: else a second one would remove the lock of the first. */
async function removeAbandoned(path: string, held: string, mine: string, staleMs: number): Promise<boolean> {
  const guard = `${path}.takeover`;
  if (!(await linkIfFree(mine, guard))) {
    const left = await readIfThere(guard);
    if (left !== undefined && (await isAbandoned(guard, left, staleMs))) await rm(guard, { force: true });
    return false;
  }
  try {
    if ((await readIfThere(path)) !== held) return false;
    await rm(path, { force: true });
    return true;
  } finally {
    await rm(guard, { force: true });
  }
}

async function linkIfFree(from: string, to: string): Promise<boolean> {
  try {
    await touch(from); // both names have one time: who waited for long would else have a lock that looks abandoned
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(path: string, content: string, staleMs: number): Promise<boolean> {
  const age = await stat(path).then(
    (file) => Date.now() - file.mtimeMs,
    () => 0,
  );
  if (age > staleMs) return true;
  const owner = /"pid":(\d{1,10}),"host":"([^"]*)"/.exec(content);
  return owner?.[2] === hostname() && !isAlive(Number(owner[1]));
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}

const readIfThere = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch(() => undefined);
