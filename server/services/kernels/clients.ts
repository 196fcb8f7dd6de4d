import type { Header, ParentHeader } from '../../../kernel/protocol/header.ts';
import { mostClients } from './keep/records.ts';
import type { Outbox, Sink } from './outbox.ts';
import type { Received } from './sockets.ts';
import type { ChannelMessage } from './wire/message.ts';

/** A client that is there, over one WebSocket. */
export interface Connection extends Sink {
  /** Another connection of the same session has taken its place. */
  replaced(): void;
  /** The kernel is gone for good. */
  ended(): void;
}

interface Present {
  readonly connection: Connection;
  readonly outbox: Outbox;
}

/** Requests whose answers are remembered to be somebody's. */
const mostPending = 10_000;

/** Who listens to a kernel, and which answer is whose. */
export class Clients {
  readonly #newOutbox: () => Outbox;
  readonly #present = new Map<string, Present>();
  /** Sessions of unanswered requests by the ids of these, oldest first. */
  readonly #pending = new Map<string, string>();
  readonly #onChange: () => void;
  #keepsAll = false;
  /** Sessions that may have missed something while no server was there. */
  readonly #incomplete = new Set<string>();
  /**
   * The last session that left, or those that were there before a restart of the server: what comes is kept for them, until they
   * or another one comes.
   */
  readonly #away = new Map<string, Outbox>();

  /** @param onChange told when a session has come or left */
  constructor(newOutbox: () => Outbox, onChange: () => void = () => undefined) {
    this.#newOutbox = newOutbox;
    this.#onChange = onChange;
  }

  /** Sessions that are there, or that is kept for. */
  get sessions(): readonly string[] {
    return [...this.#present.keys(), ...this.#away.keys()].slice(0, mostClients);
  }

  /**
   * Keeps what comes for sessions that were there before.
   * @param isWhole whether all that they were not sent is known
   */
  expect(sessions: readonly string[], isWhole: boolean): void {
    for (const session of sessions.slice(0, mostClients)) {
      this.#away.set(session, this.#newOutbox());
      if (!isWhole) this.#incomplete.add(session);
    }
  }

  /** The server is about to end: nothing more is sent, and it is kept for all who are here. */
  keepAll(): void {
    this.#keepsAll = true;
    for (const { outbox } of this.#present.values()) outbox.detach();
  }

  /** Takes out what was not sent to a session. */
  unsent(session: string): Iterable<ChannelMessage> {
    return this.#outboxOf(session)?.drain() ?? [];
  }

  /** Gives a session that is not there what it was not sent. */
  restore(session: string, message: ChannelMessage): void {
    this.#away.get(session)?.push(message);
  }

  get count(): number {
    return this.#present.size;
  }

  has(session: string): boolean {
    return this.#present.has(session);
  }

  /**
   * Takes a connection in; one of the same session gives way, and what waited for the session is sent.
   * @returns whether that is all that came since the session was here last
   */
  attach(session: string, connection: Connection): boolean {
    const before = this.#present.get(session);
    const kept = before?.outbox ?? this.#keptFor(session);
    const outbox = kept ?? this.#newOutbox();
    this.#present.set(session, { connection, outbox });
    before?.connection.replaced();
    outbox.attach(connection);
    this.#onChange();
    const isIncomplete = this.#incomplete.delete(session);
    return kept !== undefined && !isIncomplete;
  }

  /** @returns whether the session is gone; not where another connection has taken its place */
  detach(session: string, connection: Connection): boolean {
    const present = this.#present.get(session);
    if (present?.connection !== connection) return false;
    this.#present.delete(session);
    if (this.#present.size > 0 && !this.#keepsAll) {
      present.outbox.close();
    } else {
      present.outbox.detach();
      this.#away.set(session, present.outbox);
    }
    this.#onChange();
    return true;
  }

  /** Remembers whose request this is. */
  asked(session: string, { msg_id, msg_type }: Header): void {
    if (!msg_type.endsWith('_request')) return;
    this.#pending.set(msg_id, session);
    if (this.#pending.size <= mostPending) return;
    for (const oldest of this.#pending.keys()) {
      this.#pending.delete(oldest);
      return;
    }
  }

  /** Requests to a process that has ended get no answers. */
  forgetRequests(): void {
    this.#pending.clear();
  }

  /** Sends what a kernel has published to all, and an answer or a question to who has asked. */
  deliver({ channel, raw, parent }: Received): void {
    const message: ChannelMessage = { channel, ...raw };
    if (channel === 'iopub') {
      this.broadcast(message);
      return;
    }
    this.#outboxOf(this.askerOf(parent))?.push(message);
    if (channel !== 'stdin') this.#pending.delete(String(parent['msg_id']));
  }

  /** The session of the request that a message answers. */
  askerOf(parent: ParentHeader): string {
    return this.#pending.get(String(parent['msg_id'])) ?? String(parent['session']);
  }

  broadcast(message: ChannelMessage): void {
    for (const { outbox } of this.#present.values()) outbox.push(message);
    for (const outbox of this.#away.values()) outbox.push(message);
  }

  /** Tells everybody that the kernel is gone. */
  end(): void {
    this.#discard();
    for (const { connection } of this.#present.values()) connection.ended();
  }

  #outboxOf(session: string): Outbox | undefined {
    return this.#present.get(session)?.outbox ?? this.#away.get(session);
  }

  /** What waits for that session. Where nothing does, what waits for others is nobody's any more. */
  #keptFor(session: string): Outbox | undefined {
    const kept = this.#away.get(session);
    if (kept === undefined) this.#discard();
    else this.#away.delete(session);
    return kept;
  }

  #discard(): void {
    for (const outbox of this.#away.values()) outbox.close();
    this.#away.clear();
  }
}
