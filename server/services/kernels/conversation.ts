import type { Activity } from './activity.ts';
import { Clients, type Connection } from './clients.ts';
import type { KernelOptions } from './contract.ts';
import { HeldMessages } from './held.ts';
import { lostNotice } from './notices.ts';
import { Outbox } from './outbox.ts';
import { OpenQuestion, type Question } from './questions.ts';
import type { KernelRun } from './run.ts';
import type { Received } from './sockets.ts';
import { readRequest } from './wire/request.ts';
import type { ChannelMessage } from './wire/message.ts';

interface Parts {
  readonly options: KernelOptions;
  /** Of the server's own messages. */
  readonly session: string;
  readonly activity: Activity;
  /** The process that there is now. */
  readonly run: () => KernelRun | undefined;
  readonly spoolDirectory: () => string;
  /** Told when a session has come or left, or a question is asked or answered. */
  readonly onChange: () => void;
}

/** What clients and a kernel say to each other, whichever process it has. */
export class Conversation {
  readonly clients: Clients;
  readonly #parts: Parts;
  readonly #held = new HeldMessages();
  readonly #question: OpenQuestion;

  constructor(parts: Parts) {
    const { options, session, spoolDirectory, onChange, run } = parts;
    this.#parts = parts;
    const lost = (count: number): ChannelMessage => lostNotice(session, count);
    this.clients = new Clients(
      () => new Outbox({ mostBytes: options.bufferBytes, spoolDirectory, lost }),
      onChange,
    );
    this.#question = new OpenQuestion({
      limitMs: options.inputMs,
      isPresent: (each) => this.clients.has(each),
      answer: (message) => run()?.send('stdin', message),
      onChange,
    });
  }

  /** The question that the kernel waits for an answer to. */
  get question(): Question | undefined {
    return this.#question.open;
  }

  /** Goes on with a question that the server before has left open. */
  restore(question: Question): void {
    this.#question.restore(question);
  }

  /**
   * Takes a client's message; before the kernel is there it waits.
   * @throws WireError
   */
  receive(session: string, message: ChannelMessage): void {
    const { channel, header } = readRequest(message);
    this.clients.asked(session, header);
    this.#parts.options.listener?.requested(session, header, message);
    if (channel === 'stdin') this.#question.close();
    const run = this.#parts.run();
    if (run?.isReady) run.send(channel, message);
    else this.#held.add({ channel, message });
  }

  /** Sends what has waited for the process. */
  release(run: KernelRun): void {
    this.#held.release(({ channel, message }) => run.send(channel, message));
  }

  /** Takes a message of the kernel. */
  received(message: Received): void {
    if (message.channel === 'iopub') this.#parts.activity.note(message);
    else this.#question.received(message, this.clients.askerOf(message.parent));
    this.#parts.options.listener?.received(message);
    this.clients.deliver(message);
  }

  attach(session: string, connection: Connection): void {
    const isWhole = this.clients.attach(session, connection);
    this.#question.attached(session);
    this.#parts.options.listener?.attached(session, isWhole);
  }

  /** @param code how it was closed */
  detach(session: string, connection: Connection, code: number): void {
    if (!this.clients.detach(session, connection)) return;
    this.#question.detached(session);
    this.#parts.options.listener?.detached(session, code);
  }

  /** Settles when more can be taken; `undefined`: now. */
  room(): Promise<void> | undefined {
    return this.#held.room() ?? this.#parts.run()?.room();
  }

  /** The process that was asked is gone. */
  forgetRequests(): void {
    this.clients.forgetRequests();
    this.#question.close();
    this.#parts.options.listener?.stopped();
  }

  /** The kernel goes on without this server. */
  leave(): void {
    this.#question.leave();
  }

  /** The kernel is gone for good. */
  end(): void {
    this.#held.clear();
    this.clients.end();
    this.#parts.options.listener?.ended();
  }
}
