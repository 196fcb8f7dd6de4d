import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { recordsDir } from '../unfinished/schema.ts';

const sessionForm = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
const recordForm = /^([0-9a-f]{8}-[0-9a-f-]{27})\.json$/;
const savedForm = /-([0-9a-f]{8}-[0-9a-f-]{27})\.json$/;
const dayMs = 24 * 60 * 60 * 1000;
const keepDays = 90;

/**
 * Removes the timelines of sessions whose conversations are not kept any more, unless files wait to be put back from them.
 * One that was written to within a day may be of a kernel that runs. What can't be removed is left. Never rejects; there may be
 * thousands, and cells run meanwhile.
 */
export async function pruneTimelines(
  directory: string,
  sessionsDir: string,
  now = Date.now(),
): Promise<void> {
  const kept = new Set([
    ...(await namesIn(sessionsDir)).flatMap((name) => savedForm.exec(name)?.[1] ?? []),
    ...(await waiting(join(directory, recordsDir), now)),
  ]);
  for (const name of await namesIn(directory)) {
    if (!sessionForm.test(name) || kept.has(name)) continue;
    try {
      if (now - (await newestIn(join(directory, name))) > dayMs)
        await rm(join(directory, name), { recursive: true, force: true });
    } catch {
      // Another's: it is not ours to insist.
    }
  }
}

/** Sessions that were killed while they moved files, the workspaces of which no kernel was started in since. */
async function waiting(directory: string, now: number): Promise<readonly string[]> {
  const sessions: string[] = [];
  for (const name of await namesIn(directory)) {
    const session = recordForm.exec(name)?.[1];
    if (session === undefined) continue;
    const file = join(directory, name);
    const age = await stat(file).then(
      ({ mtimeMs }) => now - mtimeMs,
      () => 0,
    );
    if (age < keepDays * dayMs) sessions.push(session);
    else await rm(file, { force: true }).catch(() => sessions.push(session));
  }
  return sessions;
}

async function newestIn(directory: string): Promise<number> {
  let newest = (await stat(directory)).mtimeMs;
  for (const name of await namesIn(directory))
    newest = Math.max(newest, (await stat(join(directory, name))).mtimeMs);
  return newest;
}

const namesIn = (directory: string): Promise<readonly string[]> => readdir(directory).catch(() => []);
