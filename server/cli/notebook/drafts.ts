import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAlive } from '../../../kernel/alive.ts';

const form = /^\.~replique-([0-9a-f]{8})([0-9a-f]{8})\.draft$/;
/** Nobody writes so long on one; where its process is in another container, its age alone tells. */
const staleMs = 10_000;

/** Where a file is written before it gets its name: of this file and this process, in the form of the server's drafts. */
export const draftOf = (file: string): string =>
  join(dirname(file), `.~replique-${hashOf(file)}${process.pid.toString(16).padStart(8, '0')}.draft`);

/** Removes the drafts of a file that processes left which were killed. Never rejects. */
export async function removeStale(file: string): Promise<void> {
  const directory = dirname(file);
  for (const name of await readdir(directory).catch(() => [])) {
    const [, hash, pid = ''] = form.exec(name) ?? [];
    if (hash !== hashOf(file) || isAlive(parseInt(pid, 16))) continue;
    const draft = join(directory, name);
    const age = await stat(draft).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > staleMs) await rm(draft, { force: true }).catch(() => undefined);
  }
}

const hashOf = (file: string): string =>
  createHash('sha256').update(basename(file)).digest('hex').slice(0, 8);
