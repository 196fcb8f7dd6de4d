import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { recordsDir } from '../unfinished/schema.ts';

const sessionForm = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
const recordForm = /^([0-9a-f]{8}-[0-9a-f-]{27})\.json$/;
const savedForm = /-([0-9a-f]{8}-[0-9a-f-]{27})\.json$/;
const dayMs = 24 * 60 * 60 * 1000;
const keepDays = 90;

/**
 * Removes the timelines of sessions whose conversations are not kept any more, unless files wait to be put back from them.
 * One that was written to within a day may be of a kernel that runs. What can't be removed is left.
 */
export function pruneTimelines(directory: string, sessionsDir: string, now = Date.now()): void {
  const kept = new Set([
    ...namesIn(sessionsDir).flatMap((name) => savedForm.exec(name)?.[1] ?? []),
    ...waiting(join(directory, recordsDir), now),
  ]);
  for (const name of namesIn(directory)) {
    if (!sessionForm.test(name) || kept.has(name)) continue;
    try {
      if (now - newestIn(join(directory, name)) > dayMs)
        rmSync(join(directory, name), { recursive: true, force: true });
    } catch {
      // Another's: it is not ours to insist.
    }
  }
}

/** Sessions that were killed while they moved files, the workspaces of which no kernel was started in since. */
function waiting(directory: string, now: number): readonly string[] {
  return namesIn(directory).flatMap((name) => {
    const session = recordForm.exec(name)?.[1];
    if (session === undefined) return [];
    try {
      const file = join(directory, name);
      if (now - statSync(file).mtimeMs < keepDays * dayMs) return [session];
      rmSync(file, { force: true });
      return [];
    } catch {
      return [session];
    }
  });
}

const newestIn = (directory: string): number =>
  Math.max(
    statSync(directory).mtimeMs,
    ...namesIn(directory).map((name) => statSync(join(directory, name)).mtimeMs),
  );

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
