import { randomUUID } from 'node:crypto';
import type { ProcessMark } from '../../../../kernel/processes.ts';
import type { Log } from '../../../http/log.ts';
import type { Clients } from '../clients.ts';
import { connectionHash, type ConnectionFile } from '../connection.ts';
import type { Question } from '../questions.ts';
import type { Received } from '../sockets.ts';
import { MessageWriter, missedBy, readMessages } from './messages.ts';
import { mostHeaderLength, mostIdentities, questionRecord, type KernelRecord } from './records.ts';
import type { KeepStore } from './store.ts';

/** What is known of a kernel while it has this process. */
export interface Standing {
  readonly process: ProcessMark;
  readonly connection: ConnectionFile;
  readonly lastHeard?: string | undefined;
  readonly question?: Question | undefined;
}

type Fixed = Pick<KernelRecord, 'id' | 'name' | 'cwd' | 'env'>;

/** What is written down of one kernel, and what was of it before. */
export class KeptKernel {
  /** By which the kernel knows this server. */
  readonly identity = randomUUID();
  readonly #store: KeepStore;
  readonly #log: Log;
  readonly #fixed: Fixed;
  readonly #before: KernelRecord | undefined;
  #identities: readonly string[];
  #hasFailed = false;

  /** @param before what the last server wrote */
  constructor(store: KeepStore, { id, name, cwd, env }: Fixed, log: Log, before?: KernelRecord) {
    this.#store = store;
    this.#log = log;
    this.#fixed = { id, name, cwd, env };
    this.#before = before;
    this.#identities = [this.identity, ...(before?.identities ?? [])].slice(0, mostIdentities);
  }

  get printedFile(): string {
    return this.#store.printedFile(this.#fixed.id);
  }

  /** Those of the servers before, who may still be answered. */
  get earlier(): readonly string[] {
    return this.#identities.slice(1);
  }

  /** All that they have asked is answered. */
  answered(): void {
    this.#identities = [this.identity];
  }

  /** It is about to have a process: one of which nothing more is written is found by its id. */
  expect(): void {
    this.#write(() => this.#store.expectKernel(this.#fixed.id));
  }

  /** Writes down how it stands. Where that can't be, the kernel goes on, and ends with the server. */
  save({ process, connection, question: asked, lastHeard = '' }: Standing, clients: Clients): void {
    const question = questionRecord.safeParse(asked).data;
    const isShort = lastHeard !== '' && lastHeard.length <= mostHeaderLength;
    this.#write(() =>
      this.#store.saveKernel({
        ...{ ...this.#fixed, process, clients: clients.sessions, identities: this.#identities },
        ...{ connectionFile: connection.path, connectionHash: connectionHash(connection) },
        ...(isShort && { lastHeard }),
        ...(question && { question }),
      }),
    );
  }

  /** Writes down what was not sent to those who were there. @throws Error where it can't be written */
  saveUnsent(clients: Clients, mostBytes: number): void {
    for (const [at, session] of clients.sessions.entries()) {
      const writer = new MessageWriter(this.#store.messagesFile(this.#fixed.id, at), mostBytes);
      for (const { channel, ...raw } of clients.unsent(session)) writer.add({ channel, raw });
      writer.close();
    }
  }

  /** Has what was not sent before wait for those who were there. */
  restore(clients: Clients): void {
    const { id, clients: sessions = [], lastHeard } = { ...this.#fixed, ...this.#before };
    clients.expect(sessions, lastHeard !== undefined); // a server that was killed could not say what it had not sent
    for (const [at, session] of sessions.entries()) {
      for (const { channel, raw } of readMessages(this.#store.messagesFile(id, at))) {
        clients.restore(session, { channel, ...raw });
      }
    }
  }

  /** What came while no server listened. */
  missed(): Iterable<Received> {
    return missedBy(this.#before ?? {}, this.#store.messagesFile(this.#fixed.id));
  }

  /** All that was kept has been told. */
  caughtUp(): void {
    this.#store.forgetMessages(this.#fixed.id);
  }

  /** The kernel has ended. What can't be removed is found out to have ended by the next server. */
  remove(): void {
    try {
      this.#store.removeKernel(this.#fixed.id);
    } catch (error) {
      this.#log.warn({ err: error, kernel: this.#fixed.id }, 'kernel can’t be forgotten');
    }
  }

  #write(write: () => void): void {
    try {
      write();
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) this.#log.warn({ err: error, kernel: this.#fixed.id }, 'kernel can’t be kept');
      this.#hasFailed = true;
    }
  }
}
