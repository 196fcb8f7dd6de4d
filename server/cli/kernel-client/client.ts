import { randomUUID } from 'node:crypto';
import { Dealer, Subscriber } from 'zeromq';
import { z } from 'zod';
import { socketAddress } from '../../../kernel/protocol/addresses.ts';
import type { ConnectionInfo } from '../../../kernel/protocol/connection-file.ts';
import { decodeFrames, encodeFrames } from '../../../kernel/protocol/frames.ts';
import { LIMITS } from '../../../kernel/protocol/limits.ts';
import { makeMessage } from '../../../kernel/protocol/header.ts';
import type { JsonObject, Message } from '../../../kernel/protocol/header.ts';
import { Signer } from '../../../kernel/protocol/signer.ts';

export interface Execution {
  readonly code: string;
  /** Called with each message of the cell, in order. */
  readonly onMessage: (message: Message) => void;
}

const statusContent = z.object({ execution_state: z.string() });

/** A request that waits for its reply, and for the kernel to be idle after it. */
interface Pending {
  readonly onMessage: (message: Message) => void;
  readonly settle: (reply: JsonObject) => void;
  readonly fail: (error: Error) => void;
  reply?: JsonObject;
  idle: boolean;
}

/** Pause between two questions whether the kernel is there. */
const ASK_AGAIN_MS = 250;

type Channel = 'shell' | 'control';

/** A client of one kernel over ZeroMQ: what Jupyter's clients do, but for answering a cell's questions. */
export class KernelClient {
  readonly #session = randomUUID();
  readonly #signer: Signer;
  readonly #sockets: Readonly<Record<Channel, Dealer>>;
  readonly #iopub: Subscriber;
  readonly #pending = new Map<string, Pending>();
  readonly #loops: Promise<void>[];
  #failure: Error | undefined;

  constructor(connection: ConnectionInfo) {
    this.#signer = new Signer(connection.key);
    const options = {
      linger: 0,
      reconnectInterval: 20,
      maxMessageSize: LIMITS.totalBytes,
    };
    this.#sockets = { shell: new Dealer(options), control: new Dealer(options) };
    this.#iopub = new Subscriber({
      linger: 0,
      reconnectInterval: 20,
      maxMessageSize: LIMITS.totalBytes,
      receiveHighWaterMark: 0,
    });
    for (const channel of ['shell', 'control'] as const) {
      this.#sockets[channel].connect(socketAddress(connection, channel));
    }
    this.#iopub.connect(socketAddress(connection, 'iopub'));
    this.#iopub.subscribe();
    this.#loops = [
      this.#listen(this.#iopub, (message) => this.#onIopub(message)),
      this.#listen(this.#sockets.shell, (message) => this.#onReply(message)),
      this.#listen(this.#sockets.control, (message) => this.#onReply(message)),
    ];
  }

  /**
   * Waits until the kernel answers and its messages arrive; returns what it says of itself. A subscription takes a
   * moment, and what was published before it is lost: so the question is asked again until its `idle` is heard.
   */
  ready(): Promise<JsonObject> {
    return new Promise((resolve, reject) => {
      const ask = async () => {
        try {
          resolve(await this.#request('shell', 'kernel_info_request', {}, { idle: false }));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
        clearInterval(timer);
      };
      const timer = setInterval(() => void ask(), ASK_AGAIN_MS);
      void ask();
    });
  }

  /** Runs a cell; settles with the reply's content when all its outputs have come. */
  execute({ code, onMessage }: Execution): Promise<JsonObject> {
    const content = {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    };
    return this.#request('shell', 'execute_request', content, { onMessage, idle: false });
  }

  /** Interrupts the running cell; settles with the kernel's answer. */
  interrupt(): Promise<JsonObject> {
    return this.#request('control', 'interrupt_request', {}, { idle: true });
  }

  /** Asks the kernel to leave. */
  shutdown(): Promise<JsonObject> {
    return this.#request('control', 'shutdown_request', { restart: false }, { idle: true });
  }

  /** Ends every waiting request with this error, and each later one: the kernel is gone. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const pending of this.#pending.values()) pending.fail(error);
    this.#pending.clear();
  }

  async close(): Promise<void> {
    this.fail(new Error('The connection to the kernel is closed.'));
    for (const socket of [this.#iopub, ...Object.values(this.#sockets)]) socket.close();
    await Promise.all(this.#loops);
  }

  async #request(
    channel: Channel,
    type: string,
    content: JsonObject,
    options: { onMessage?: Pending['onMessage']; idle: boolean },
  ): Promise<JsonObject> {
    if (this.#failure) throw this.#failure;
    const message = makeMessage(type, this.#session, content);
    const id = message.header.msg_id;
    const reply = new Promise<JsonObject>((settle, fail) => {
      const { onMessage = () => undefined, idle } = options;
      this.#pending.set(id, { onMessage, settle, fail, idle });
    });
    const sent = this.#send(channel, message);
    try {
      const [content] = await Promise.all([reply, sent]);
      return content;
    } finally {
      this.#pending.delete(id);
    }
  }

  async #send(channel: Channel, message: Message): Promise<void> {
    await this.#sockets[channel].send(encodeFrames({ identities: [], message }, this.#signer));
  }

  async #listen(socket: Dealer | Subscriber, handle: (message: Message) => void): Promise<void> {
    try {
      for await (const frames of socket) {
        const { message } = decodeFrames(frames, this.#signer);
        handle(message);
      }
    } catch (error) {
      if (!socket.closed) this.fail(error as Error);
    }
  }

  #pendingOf(message: Message): Pending | undefined {
    const parent = message.parent_header['msg_id'];
    return typeof parent === 'string' ? this.#pending.get(parent) : undefined;
  }

  #onIopub(message: Message): void {
    const pending = this.#pendingOf(message);
    if (!pending) return;
    if (message.header.msg_type === 'status') {
      const idle = statusContent.safeParse(message.content).data?.execution_state === 'idle';
      if (idle) pending.idle = true;
      settleIfDone(pending);
    } else {
      pending.onMessage(message);
    }
  }

  #onReply(message: Message): void {
    const pending = this.#pendingOf(message);
    if (!pending) return;
    pending.reply = message.content;
    settleIfDone(pending);
  }
}

function settleIfDone(pending: Pending): void {
  if (pending.idle && pending.reply) pending.settle(pending.reply);
}
