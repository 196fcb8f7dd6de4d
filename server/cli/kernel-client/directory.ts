import { readlinkSync } from 'node:fs';
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { repliqueError } from '../../../kernel/errors.ts';
import { temporaryDir } from '../../../kernel/paths.ts';
import { isAlive } from '../../../kernel/alive.ts';

const form = /^replique-run-(\d{1,10})-([0-9a-z]{1,8})-[0-9A-Za-z]{6}$/;

/**
 * Makes a directory for a kernel's sockets and connection file that only its owner can enter, and removes those of processes
 * that were killed.
 * @throws RepliqueError NOT_WRITABLE
 */
export async function makeSocketsDir(): Promise<string> {
  await removeLeft();
  try {
    return await mkdtemp(join(temporaryDir(), `replique-run-${process.pid}-${namespace()}-`)); // mode 0700
  } catch (error) {
    throw repliqueError(
      'NOT_WRITABLE',
      { path: temporaryDir(), problem: (error as Error).message },
      { cause: error },
    );
  }
}

/** A process of another container can share the place for temporary files, and is not seen here. */
function namespace(): string {
  try {
    return Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? 0).toString(36);
  } catch {
    return '0';
  }
}

async function removeLeft(): Promise<void> {
  const own = process.getuid?.();
  for (const name of await readdir(temporaryDir()).catch(() => [])) {
    const [, pid, where] = form.exec(name) ?? [];
    if (pid === undefined || where !== namespace() || isAlive(Number(pid))) continue;
    const directory = join(temporaryDir(), name);
    const status = await lstat(directory).catch(() => undefined);
    if (status?.isDirectory() !== true || status.uid !== own) continue;
    await rm(directory, { recursive: true, force: true }).catch(() => undefined);
  }
}
