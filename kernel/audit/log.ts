import { repliqueError } from '../errors.ts';
import type { AuditData, AuditKind } from '../protocol/audit.ts';
import { keyed } from './chain.ts';
import { listSessions, readHead } from './files.ts';
import { readOrMakeKey } from './key.ts';
import { removeOld } from './retention.ts';
import { SessionFile, type Entry } from './session-file.ts';

/** Where the events of one kernel go. */
export interface Audit {
  /** Writes an event. @throws RepliqueError AUDIT_UNWRITABLE: then what it tells of must not happen */
  require<K extends AuditKind>(kind: K, data: AuditData<K>): void;
  /** Writes an event of what has happened already. Where that fails, it is kept, and `require` throws until it is written. */
  note<K extends AuditKind>(kind: K, data: AuditData<K>): void;
  /** As `note`, but a moment later, so that nobody waits for it; before any event that follows. */
  noteSoon<K extends AuditKind>(kind: K, data: AuditData<K>): void;
  /** Ends the session's chain. */
  close(): void;
}

/** The audit that is switched off. */
export const noAudit: Audit = {
  require: () => undefined,
  note: () => undefined,
  noteSoon: () => undefined,
  close: () => undefined,
};

type FirstEvent = Omit<AuditData<'session-start'>, 'previous'>;

export interface AuditOptions {
  readonly directory: string;
  readonly keyFile: string;
  readonly session: string;
  readonly user: string;
  readonly start: FirstEvent;
  /** Sessions whose last event is older are removed; absent: none is. */
  readonly keepDays?: number | undefined;
  /** Size at which a session goes on in a new file. */
  readonly partBytes?: number;
}

const partSize = 16 * 1024 * 1024;
/** What can happen beside runs while nothing can be written is bounded; beyond that the session runs nothing more. */
const mostWaiting = 1000;

/** Begins the audit of one kernel. Where nothing can be written, that shows at the first `require`. */
export function openAudit(options: AuditOptions): Audit {
  return new AuditLog(options);
}

class AuditLog implements Audit {
  readonly #options: AuditOptions;
  readonly #started = new Date();
  readonly #waiting: Entry[] = [];
  #file: SessionFile | undefined;
  #hasLost = false;
  #closed = false;
  /** What waits is about to be written. */
  #isDue = false;

  constructor(options: AuditOptions) {
    this.#options = options;
    this.#try();
  }

  require<K extends AuditKind>(kind: K, data: AuditData<K>): void {
    const entry: Entry = { kind, data, at: new Date() };
    this.#waiting.push(entry);
    const problem = this.#hasLost ? 'events were lost' : this.#try();
    if (problem === undefined) return;
    this.#waiting.splice(this.#waiting.indexOf(entry), 1);
    throw repliqueError('AUDIT_UNWRITABLE', { directory: this.#options.directory, problem });
  }

  note<K extends AuditKind>(kind: K, data: AuditData<K>): void {
    if (this.#closed) return;
    this.#keep({ kind, data, at: new Date() });
    this.#try();
  }

  noteSoon<K extends AuditKind>(kind: K, data: AuditData<K>): void {
    if (this.#closed) return;
    this.#keep({ kind, data, at: new Date() });
    if (this.#isDue) return;
    this.#isDue = true;
    // Once what the present turn of the event loop has to send is sent.
    setImmediate(() =>
      setImmediate(() => {
        this.#isDue = false;
        this.#try();
      }),
    );
  }

  close(): void {
    if (this.#closed) return;
    this.note('session-end', {});
    this.#closed = true;
    this.#file?.close();
  }

  #keep(entry: Entry): void {
    if (this.#waiting.length < mostWaiting) this.#waiting.push(entry);
    else this.#hasLost = true;
  }

  /** Writes what waits; says what is wrong where that fails. */
  #try(): string | undefined {
    if (this.#closed) return 'the session has ended';
    try {
      const file = this.#file ?? this.#begin();
      for (let entry = this.#waiting[0]; entry; entry = this.#waiting[0]) {
        file.append(entry);
        this.#waiting.shift();
      }
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  #begin(): SessionFile {
    const { directory, keyFile, session, user, start, keepDays, partBytes = partSize } = this.#options;
    const key = readOrMakeKey(keyFile);
    const previous = newestHead(directory, key);
    const file = new SessionFile({ directory, key, session, user, started: this.#started, partBytes });
    this.#file = file;
    const data = { ...start, ...(previous && { previous }) };
    this.#waiting.unshift({ kind: 'session-start', data, at: this.#started });
    if (keepDays !== undefined) removeOld(directory, key, keepDays, (names) => this.#recordRemoval(names));
    return file;
  }

  /** Whether the event was written. */
  #recordRemoval(removed: string[]): boolean {
    this.#waiting.push({ kind: 'retention', data: { removed }, at: new Date() });
    return this.#try() === undefined;
  }
}

/** Where the newest session of this installation stands. */
function newestHead(directory: string, key: Buffer): AuditData<'session-start'>['previous'] {
  for (const { name } of listSessions(directory).toReversed()) {
    const head = readHead(directory, name, keyed(key));
    if (head) return { name, events: head.events, hash: head.hash };
  }
  return undefined;
}
