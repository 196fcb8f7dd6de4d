import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { listSessions, linesOf, partFile, sessionOf } from '../audit/files.ts';
import { parseEvent } from '../audit/verify.ts';
import { loadConfig } from '../config.ts';
import { auditDir } from '../paths.ts';
import { auditKinds, schemaId, type AuditEvent, type AuditKind } from '../protocol/audit.ts';

/** Something that was kept from code, or from the page. */
interface SandboxRefusal {
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly what: 'network' | 'capability' | 'limit' | 'output' | 'file';
  /** In a few words. */
  readonly detail: string;
}

export interface SandboxRecord {
  readonly sandbox: 'bubblewrap' | 'seatbelt' | 'none' | undefined;
  readonly workspace: string | undefined;
  /** What each process may use, of the last that was started. */
  readonly limits: Readonly<Record<string, number>>;
  /** Hosts that may be reached. */
  readonly hosts: readonly string[];
  readonly profile: string | undefined;
  readonly runs: number;
  /** The last ones, oldest first. */
  readonly refusals: readonly SandboxRefusal[];
  readonly refused: number;
  /** Whether there was more than was read. */
  readonly isCut: boolean;
}

/** Lines beyond this take too long for who waits for a page. */
const mostLines = 20_000;

/** After so many, others have their turn: the server sees to kernels meanwhile. */
const linesAtOnce = 500;

/** Limits that a newer Replique writes besides are shown, too. */
const limits = z.record(z.string().max(100), z.number());

/**
 * What a session's audit says of its sandbox; `undefined` where it has none. Lines that are not as they were written are left
 * out: `replique audit verify` says what is wrong with them.
 * @param most refusals that are told
 */
export async function readSandboxRecord(
  session: string,
  most: number,
  directory = placeOfAudit(),
): Promise<SandboxRecord | undefined> {
  const reader = new Reader(most);
  let lines = 0;
  try {
    const found = listSessions(directory).findLast(({ name }) => sessionOf(name) === session);
    if (found === undefined) return undefined;
    for (const part of found.parts) {
      for (const { bytes, isWhole } of linesOf(partFile(directory, found.name, part))) {
        lines += 1;
        if (lines > mostLines) return reader.told(true);
        if (lines % linesAtOnce === 0) await setImmediate();
        const event = isWhole ? parseEvent(bytes) : undefined;
        if (event !== undefined) reader.take(event);
      }
    }
  } catch {
    return reader.told(true); // it can't be read further
  }
  return reader.told(false);
}

function placeOfAudit(): string {
  try {
    return loadConfig().auditDir ?? auditDir();
  } catch {
    return auditDir(); // a configuration that can't be used is told elsewhere
  }
}

class Reader {
  readonly #most: number;
  #sandbox: SandboxRecord['sandbox'];
  #workspace: string | undefined;
  #limits: Readonly<Record<string, number>> = {};
  #hosts: readonly string[] = [];
  #profile: string | undefined;
  #runs = 0;
  #refused = 0;
  #refusals: SandboxRefusal[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  take(event: AuditEvent): void {
    const start = dataOf(event, 'session-start');
    if (start) [this.#sandbox, this.#workspace] = [start.sandbox, start.workspace];
    const worker = event.__schema__ === schemaId('worker-start') && limits.safeParse(event['limits']);
    if (worker && worker.success) this.#limits = worker.data;
    const changed = dataOf(event, 'sandbox-changed');
    if (changed) [this.#profile, this.#hosts] = [changed.profile, changed.hosts];
    if (event.__schema__ === schemaId('run-start')) this.#runs += 1;
    for (const { what, detail } of refusalsIn(event)) {
      this.#refused += 1;
      this.#refusals.push({ at: event.__timestamp__, what, detail });
      if (this.#refusals.length > this.#most) this.#refusals.shift();
    }
  }

  told(isCut: boolean): SandboxRecord {
    return {
      ...{ sandbox: this.#sandbox, workspace: this.#workspace, limits: this.#limits, hosts: this.#hosts },
      ...{
        profile: this.#profile,
        runs: this.#runs,
        refusals: this.#refusals,
        refused: this.#refused,
        isCut,
      },
    };
  }
}

function refusalsIn(event: AuditEvent): readonly Omit<SandboxRefusal, 'at'>[] {
  const connection = dataOf(event, 'connection');
  if (connection?.decision === 'deny') {
    const { host, port, reason } = connection;
    return [{ what: 'network', detail: `${host}:${port}${reason === undefined ? '' : ` (${reason})`}` }];
  }
  const validation = dataOf(event, 'validation');
  if (validation?.runs === false) {
    const asked = validation.decisions.filter(({ decision }) => decision !== 'allow');
    return [{ what: 'capability', detail: asked.map(({ capability }) => capability).join(', ') }];
  }
  const limit = dataOf(event, 'limit');
  if (limit) return [{ what: 'limit', detail: `${limit.limit}: ${limit.used} of ${limit.allowed}` }];
  const outputs = dataOf(event, 'outputs-refused');
  if (outputs) return [{ what: 'output', detail: outputs.types.join(', ') || 'more than fits' }];
  const files = dataOf(event, 'file-restored');
  if (files) return [{ what: 'file', detail: files.paths.slice(0, 3).join(', ') }];
  return [];
}

/** What an event of that kind says, without what every event has. */
function dataOf<K extends AuditKind>(
  event: AuditEvent,
  kind: K,
): z.infer<(typeof auditKinds)[K]> | undefined {
  if (event.__schema__ !== schemaId(kind)) return undefined;
  const schema = auditKinds[kind];
  const own = Object.fromEntries(Object.entries(event).filter(([key]) => key in schema.shape));
  const parsed = schema.safeParse(own);
  return parsed.success ? (parsed.data as z.infer<(typeof auditKinds)[K]>) : undefined;
}
