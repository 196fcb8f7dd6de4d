import { closeSync, constants, fstatSync, ftruncateSync, openSync, renameSync, writeSync } from 'node:fs';
import { makeDirectories } from '../files.ts';
import { auditVersion, schemaId, type AuditData, type AuditKind } from '../protocol/audit.ts';
import { beginning, keyed, plain, seal, type Digest } from './chain.ts';
import { headDraft, headFile, longestLine, nameOf, partFile, sealHead, type Head } from './files.ts';

/** An event before it has its place in the chain. */
export interface Entry<K extends AuditKind = AuditKind> {
  readonly kind: K;
  readonly data: AuditData<K>;
  readonly at: Date;
}

export interface SessionFileOptions {
  readonly directory: string;
  readonly key: Buffer;
  readonly session: string;
  readonly user: string;
  readonly started: Date;
  /** A part that would grow beyond this many bytes is followed by a new one. */
  readonly partBytes: number;
}

/**
 * The files of one session while it is written: events are appended, and the head then says up to where the chain
 * stands. An event is either there whole, with its head, or `append` throws and nothing of it is there.
 */
export class SessionFile {
  readonly name: string;
  readonly #options: SessionFileOptions;
  readonly #digest: Digest;
  readonly #headDescriptor: number;
  #descriptor: number;
  #bytes = 0;
  #head: Head;

  /** Makes the directory and the session's first files. @throws Error where that is not possible */
  constructor(options: SessionFileOptions) {
    const { directory, key, session, started } = options;
    this.#options = options;
    this.name = nameOf(started, session);
    this.#digest = keyed(key);
    makeDirectories(directory, 0o700);
    const start = { version: 1, name: this.name, part: 1, events: 0, hash: beginning } as const;
    this.#head = { ...start, ended: false, pid: process.pid };
    this.#headDescriptor = this.#openHead();
    try {
      this.#descriptor = this.#openPart(1);
    } catch (error) {
      closeSync(this.#headDescriptor);
      throw error;
    }
  }

  /** @throws Error where it can't be written, or was changed by another program */
  append({ kind, data, at }: Entry): void {
    const { session, user, partBytes } = this.#options;
    const event = {
      __timestamp__: at.toISOString(),
      __schema__: schemaId(kind),
      __schema_version__: auditVersion,
      __metadata_version__: 1,
      session,
      user,
      ...data,
      __sequence__: this.#head.events + 1,
      __previous__: this.#head.hash,
    };
    const { text, digest } = seal(event, '__hash__', plain);
    const line = Buffer.from(`${text}\n`);
    if (line.length > longestLine) throw new Error(`an event of ${line.length} bytes can't be read again`);
    this.#check();
    if (this.#bytes > 0 && this.#bytes + line.length > partBytes) this.#nextPart();
    const head = {
      ...{ ...this.#head, events: event.__sequence__, hash: digest },
      ended: kind === 'session-end',
    };
    try {
      writeWhole(this.#descriptor, line);
      this.#writeHead(this.#headDescriptor, head);
    } catch (error) {
      ftruncateSync(this.#descriptor, this.#bytes);
      throw error;
    }
    this.#head = head;
    this.#bytes += line.length;
  }

  close(): void {
    closeSync(this.#descriptor);
    closeSync(this.#headDescriptor);
  }

  /** Are the files still the ones that were opened, with what was written to them and nothing else? */
  #check(): void {
    const { nlink, size } = fstatSync(this.#descriptor);
    if (nlink === 0 || fstatSync(this.#headDescriptor).nlink === 0)
      throw new Error('its file was removed while the kernel ran');
    if (size !== this.#bytes) throw new Error('its file was changed by another program while the kernel ran');
  }

  #nextPart(): void {
    const part = this.#head.part + 1;
    const next = this.#openPart(part);
    closeSync(this.#descriptor);
    this.#descriptor = next;
    this.#bytes = 0;
    this.#head = { ...this.#head, part };
  }

  #openPart(part: number): number {
    const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL } = constants;
    const file = partFile(this.#options.directory, this.name, part);
    return openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, 0o600);
  }

  /** Puts the first head in place, whole. */
  #openHead(): number {
    const { directory } = this.#options;
    const draft = headDraft(directory, this.name);
    const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
    const descriptor = openSync(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
    try {
      this.#writeHead(descriptor, this.#head);
      renameSync(draft, headFile(directory, this.name));
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    return descriptor;
  }

  #writeHead(descriptor: number, head: Head): void {
    writeWhole(descriptor, Buffer.from(sealHead(head, this.#digest)), 0);
  }
}

/**
 * @param position where it is written; absent: at the end
 * @throws Error where not all of it can be written
 */
function writeWhole(descriptor: number, bytes: Buffer, position?: number): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(descriptor, bytes, at, undefined, position === undefined ? null : position + at);
  }
}
