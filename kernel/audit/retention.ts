import { rmSync, statSync } from 'node:fs';
import { isAlive } from '../alive.ts';
import { keyed } from './chain.ts';
import { headDraft, headFile, listSessions, partFile, readHead, type SessionFiles } from './files.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** As many names as one event holds. */
const mostAtOnce = 100;

/**
 * Removes the sessions whose last event is older than that, but none that still runs or that this installation did not
 * write. What can't be removed is left to the next kernel.
 * @param record writes down what is about to go; where it says that it could not, nothing goes
 */
export function removeOld(
  directory: string,
  key: Buffer,
  keepDays: number,
  record: (names: string[]) => boolean,
): void {
  const before = Date.now() - keepDays * dayMs;
  const old = listSessions(directory).filter((session) => mayGo(directory, session, key, before));
  for (let at = 0; at < old.length; at += mostAtOnce) {
    const group = old.slice(at, at + mostAtOnce);
    if (!record(group.map(({ name }) => name))) return;
    for (const session of group) remove(directory, session);
  }
}

/** Its head goes last: what is left of it otherwise would be taken for another's doing. */
function remove(directory: string, { name, parts }: SessionFiles): void {
  try {
    for (const part of parts) rmSync(partFile(directory, name, part), { force: true });
    rmSync(headDraft(directory, name), { force: true });
    rmSync(headFile(directory, name), { force: true });
  } catch {
    // Left to the next kernel, which finds it by its head.
  }
}

function mayGo(directory: string, { name }: SessionFiles, key: Buffer, before: number): boolean {
  const head = readHead(directory, name, keyed(key));
  if (head === undefined || (!head.ended && isAlive(head.pid))) return false;
  return (statSync(headFile(directory, name), { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < before;
}
