import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const sessionForm = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
const savedForm = /-([0-9a-f]{8}-[0-9a-f-]{27})\.json$/;
const dayMs = 24 * 60 * 60 * 1000;

/**
 * Removes the timelines of sessions whose conversations are not kept any more. One that was written to within a day may be of a
 * kernel that runs. What can't be removed is left.
 */
export function pruneTimelines(directory: string, sessionsDir: string, now = Date.now()): void {
  const kept = new Set(namesIn(sessionsDir).flatMap((name) => savedForm.exec(name)?.[1] ?? []));
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
