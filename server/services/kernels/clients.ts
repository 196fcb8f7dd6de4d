import type { Header } from '../../../kernel/protocol/header.ts';
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

  /** Keeps what comes for sessions that were there before. */
  expect(sessions: readonly string[]): void {
    for (const session of sessions.slice(0, mostClients)) this.#away.set(session, this.#newOutbox());
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

  /** Takes a connection in; one of the same session gives way, and what waited for the session is sent. */
  attach(session: string, connection: Connection): void {
    const before = this.#present.get(session);
    const outbox = before?.outbox ?? this.#keptFor(session) ?? this.#newOutbox();
    this.#present.set(session, { connection, outbox });
    before?.connection.replaced();
    outbox.attach(connection);
    this.#onChange();
  }

  detach(session: string, connection: Connection): void {
    const present = this.#present.get(session);
    if (present?.connection !== connection) return; // it was replaced
    this.#present.delete(session);
    if (this.#present.size > 0 && !this.#keepsAll) {
      present.outbox.close();
    } else {
      present.outbox.detach();
      this.#away.set(session, present.outbox);
    }
    this.#onChange();
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
    const id = String(parent['msg_id']);
    const session = this.#pending.get(id) ?? String(parent['session']);
    if (channel !== 'stdin') this.#pending.delete(id);
    this.#outboxOf(session)?.push(message);
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
