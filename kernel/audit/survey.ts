import type { AuditData, AuditEvent, AuditVerdict } from '../protocol/audit.ts';
import { auditKinds, schemaId } from '../protocol/audit.ts';
import type { Digest } from './chain.ts';
import { linesOf, listSessions, partFile, type SessionFiles } from './files.ts';
import { parseEvent, verifySession, type Checkpoint } from './verify.ts';

type Previous = NonNullable<AuditData<'session-start'>['previous']>;

/**
 * Checks every session of a directory, and what each says of the one before it: a session that has gone, without a
 * `retention` event that names it, is broken, too.
 */
export function* verifyAll(directory: string, digest: Digest): Generator<AuditVerdict> {
  const sessions = listSessions(directory);
  const seen = seenBy(directory, sessions);
  const removed = new Set<string>();
  for (const files of sessions) {
    const { name } = files;
    yield verifySession(directory, name, digest, {
      checkpoints: seen.get(name) ?? [],
      files,
      onEvent: (event) => collect(event, removed),
    });
  }
  const present = new Set(sessions.map(({ name }) => name));
  for (const name of seen.keys()) {
    if (present.has(name) || removed.has(name)) continue;
    const problem = 'All its files are missing. A later session has seen it.';
    yield { name, status: 'broken', events: 0, files: 0, ended: false, problem };
  }
}

/** Checks one session of a directory, and what the others say of it. */
export function verifyOne(directory: string, name: string, digest: Digest): AuditVerdict {
  const seen = seenBy(directory, listSessions(directory));
  return verifySession(directory, name, digest, { checkpoints: seen.get(name) ?? [] });
}

/** What the sessions say of those before them, by their names. */
function seenBy(directory: string, sessions: readonly SessionFiles[]): ReadonlyMap<string, Checkpoint[]> {
  const seen = new Map<string, Checkpoint[]>();
  for (const { name } of sessions) {
    const previous = previousOf(directory, name);
    if (previous) seen.set(previous.name, [...(seen.get(previous.name) ?? []), previous]);
  }
  return seen;
}

/** What a session's first event says of the one before it; where it can't be read, its own check tells. */
function previousOf(directory: string, name: string): Previous | undefined {
  try {
    const [first] = linesOf(partFile(directory, name, 1));
    const event = first && parseEvent(first.bytes);
    return auditKinds['session-start'].pick({ previous: true }).loose().parse(event).previous;
  } catch {
    return undefined;
  }
}

function collect(event: AuditEvent, removed: Set<string>): void {
  if (event.__schema__ !== schemaId('retention')) return;
  const parsed = auditKinds.retention.loose().safeParse(event);
  for (const name of parsed.data?.removed ?? []) removed.add(name);
}
