import { makeMessage } from '../protocol/header.ts';
import type { Header, JsonObject, Message, ParentHeader } from '../protocol/header.ts';
import { replyType } from '../protocol/messages.ts';
import type { ExecutionState } from '../protocol/messages.ts';
import type { RequestChannel, Transport } from '../wire/contract.ts';

/** Whom to answer: what a request's handler needs to know of its message. */
export interface Requester {
  readonly channel: RequestChannel;
  readonly identities: readonly Uint8Array[];
  readonly header: Header;
}

/** What few messages have. */
export interface More {
  readonly metadata?: JsonObject;
  readonly buffers?: readonly Uint8Array[];
}

/** Everything the kernel sends goes through here, with the header of the request it belongs to as its parent. */
export class Outbox {
  readonly #transport: Transport;
  readonly #sessionId: string;
  readonly #log: (line: string) => void;
  /** The cells that run: while one does, the last state that clients see is `busy`. */
  readonly #cells = new Set<Header>();

  constructor(transport: Transport, sessionId: string, log: (line: string) => void) {
    this.#transport = transport;
    this.#sessionId = sessionId;
    this.#log = log;
  }

  starting(): void {
    this.#status('starting', {});
  }

  busy(parent: Header): void {
    this.#status('busy', parent);
  }

  /** As `busy`, for a cell: it stays the kernel's state when requests beside it end. */
  busyWithCell(parent: Header): void {
    this.#cells.add(parent);
    this.#status('busy', parent);
  }

  idle(parent: Header): void {
    this.#status('idle', parent);
    this.#cells.delete(parent);
    const [running] = this.#cells;
    if (running) this.#status('busy', running);
  }

  /** Publishes on iopub. What can't be written as JSON is left out, with a line in the log. */
  publish(msgType: string, content: object, parent: ParentHeader, more: More = {}): void {
    try {
      this.#transport.publish(makeMessage(msgType, this.#sessionId, content, { ...more, parent }));
    } catch (error) {
      this.#log(`Could not publish a message of type ${msgType}: ${String(error)}`);
    }
  }

  /** Answers a request. Throws for content that is no JSON. */
  reply(requester: Requester, content: object, metadata: JsonObject = {}): void {
    const { channel, identities, header } = requester;
    const message = this.#make(replyType(header.msg_type), content, header, metadata);
    this.#transport.send(channel, { identities, message });
  }

  /** Sends an `input_request` to who asked for the cell; returns its header. */
  requestInput(requester: Requester, prompt: string, password: boolean): Header {
    const { identities, header } = requester;
    const message = this.#make('input_request', { prompt, password }, header, {});
    this.#transport.send('stdin', { identities, message });
    return message.header;
  }

  #status(state: ExecutionState, parent: ParentHeader): void {
    this.publish('status', { execution_state: state }, parent);
  }

  #make(type: string, content: object, parent: Header, metadata: JsonObject): Message {
    return makeMessage(type, this.#sessionId, content, { parent, metadata });
  }
}
