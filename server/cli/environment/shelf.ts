import { readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories } from '../../../kernel/files.ts';
import { envStamp } from '../../../kernel/paths.ts';
import { isAlive } from '../../../kernel/alive.ts';
import { withLock } from '../setup/lock.ts';

/** Environments that are kept besides those in use. */
const mostKept = 5;

const nameOf = /^[0-9a-f]{32}$/;
const markOf = /^([0-9a-f]{32})\.used-(\d+)$/;

export interface ShelfUse {
  /** Made by one process at a time. */
  readonly make: (directory: string) => Promise<unknown>;
  /** Called once where another process makes one. */
  readonly onWait: () => void;
  /** Aborted: one waits no more. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Has an environment of a folder of environments be there, and marks it as used until this process ends or releases it. Of
 * those that nobody uses the last used ones stay.
 * @param name 32 hexadecimal digits that stand for its content
 * @returns what ends the use
 * @throws RepliqueError NOT_WRITABLE, and what `make` throws
 */
export async function takeFromShelf(
  shelf: string,
  name: string,
  { make, onWait, signal }: ShelfUse,
): Promise<() => Promise<void>> {
  makeDirectories(shelf);
  const mark = join(shelf, `${name}.used-${process.pid}`);
  const release = () => rm(mark, { force: true });
  const work = async () => {
    await writeFile(mark, '');
    try {
      await make(join(shelf, name));
      const now = new Date();
      await utimes(join(shelf, name, envStamp), now, now);
    } catch (error) {
      await release();
      throw error;
    }
    await clear(shelf);
  };
  await withLock(join(shelf, '.lock'), work, { onWait, signal });
  return release;
}

async function clear(shelf: string): Promise<void> {
  const names = await readdir(shelf);
  const used = new Set<string>();
  for (const file of names) {
    const [, name = '', pid] = markOf.exec(file) ?? [];
    if (pid === undefined) continue;
    if (isAlive(Number(pid))) used.add(name);
    else await rm(join(shelf, file), { force: true });
  }
  const idle = names.filter((name) => nameOf.test(name) && !used.has(name));
  const dated = await Promise.all(idle.map(async (name) => ({ name, at: await lastUse(join(shelf, name)) })));
  for (const { name } of dated.toSorted((a, b) => b.at - a.at).slice(mostKept)) {
    await rm(join(shelf, name, envStamp), { force: true }); // from now on it is only half made
    await rm(join(shelf, name), { recursive: true, force: true });
  }
}

/** 0 for one that is only half made. */
const lastUse = (directory: string): Promise<number> =>
  stat(join(directory, envStamp)).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
