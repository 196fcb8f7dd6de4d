import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeDirectories, notWritable } from '../../../kernel/files.ts';
import { isAlive } from '../../../kernel/alive.ts';

/** Pause between two looks at a lock that another process holds. */
const PAUSE_MS = 300;

export interface LockOptions {
  /** Called once if there is someone to wait for. */
  readonly onWait?: () => void;
  /** Aborted: one waits no more. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs the work while no other process of this machine does the same; waits for one that does.
 * @param file holds the owner's process id; one whose process is gone is taken over
 * @throws RepliqueError NOT_WRITABLE, or the signal's reason
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  { onWait, signal }: LockOptions = {},
): Promise<T> {
  makeDirectories(dirname(file));
  let waited = false;
  while (!(await take(file))) {
    if (!waited) onWait?.();
    waited = true;
    await sleep(PAUSE_MS, undefined, { signal });
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw notWritable(dirname(file), error as Error);
  }
  const owner = Number(await readFile(file, 'utf8').catch(() => ''));
  if (owner > 0 && !isAlive(owner)) await rm(file, { force: true });
  return false;
}
