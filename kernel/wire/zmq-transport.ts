import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Router } from 'zeromq';
import { socketAddress, socketNames, type SocketName } from '../protocol/addresses.ts';
import type { ConnectionInfo } from '../protocol/connection-file.ts';
import { encodeFrames } from '../protocol/frames.ts';
import { makeMessage } from '../protocol/header.ts';
import type { Envelope, Message } from '../protocol/header.ts';
import { Signer } from '../protocol/signer.ts';
import type { RequestChannel, Transport } from './contract.ts';
import { Reader } from './reader.ts';
import { closeSockets, LINGER_MS, type Sockets } from './sockets.ts';
import { SendQueue } from './send-queue.ts';
import { Unheard } from './unheard.ts';

interface ZmqTransportOptions {
  readonly connection: ConnectionInfo;
  readonly sessionId: string;
  readonly log: (line: string) => void;
}

/** Carries messages over the kernel's sockets, which it closes. */
export const zmqTransport = (sockets: Sockets, options: ZmqTransportOptions): Transport =>
  new ZmqTransport(sockets, options);

class ZmqTransport implements Transport {
  readonly #sockets: Sockets;
  readonly #connection: ConnectionInfo;
  readonly #sessionId: string;
  readonly #signer: Signer;
  readonly #queues: Readonly<Record<RequestChannel | 'iopub', SendQueue>>;
  readonly #log: (line: string) => void;
  readonly #loops: Promise<void>[] = [];
  #unheard: Unheard | undefined = new Unheard();
  #closing: Promise<void> | undefined;

  constructor(sockets: Sockets, { connection, sessionId, log }: ZmqTransportOptions) {
    const queue = (name: RequestChannel | 'iopub') =>
      new SendQueue(sockets[name], (error) => log(`Could not send on ${name}: ${String(error)}`));
    this.#sockets = sockets;
    this.#connection = connection;
    this.#log = log;
    this.#sessionId = sessionId;
    this.#signer = new Signer(connection.key);
    this.#queues = {
      shell: queue('shell'),
      control: queue('control'),
      stdin: queue('stdin'),
      iopub: queue('iopub'),
    };
    this.#keep('iopub', this.#welcomeListeners());
    this.#keep('hb', answerHeartbeats(sockets.hb));
  }

  receive(handler: (channel: RequestChannel, envelope: Envelope) => void): void {
    for (const channel of ['shell', 'control', 'stdin'] as const) {
      this.#keep(channel, this.#deliver(channel, handler));
    }
  }

  send(channel: RequestChannel, envelope: Envelope): void {
    if (this.#closing) return;
    this.#queues[channel].push(encodeFrames(envelope, this.#signer));
  }

  publish(message: Message): void {
    if (this.#closing) return;
    const topic = Buffer.from(`kernel.${this.#sessionId}.${message.header.msg_type}`);
    const write = (): Uint8Array[] => this.#encode(topic, message);
    if (this.#unheard) this.#unheard.keep(write());
    else this.#queues.iopub.push(write);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #keep(name: SocketName, loop: Promise<void>): void {
    this.#loops.push(
      loop.catch((error: unknown) => {
        if (!this.#closing) this.#log(`Stopped listening on ${name}: ${String(error)}`);
      }),
    );
  }

  #encode(topic: Uint8Array, message: Message): Uint8Array[] {
    return encodeFrames({ identities: [topic], message }, this.#signer);
  }

  async #deliver(
    channel: RequestChannel,
    handler: (channel: RequestChannel, envelope: Envelope) => void,
  ): Promise<void> {
    const reader = new Reader(channel, this.#signer, this.#log);
    for await (const frames of this.#sockets[channel]) {
      const envelope = reader.read(frames);
      if (envelope && !this.#closing) handler(channel, envelope);
    }
  }

  /** Tells each new listener that it is connected, the first before anything else: Jupyter Enhancement Proposal 65. */
  async #welcomeListeners(): Promise<void> {
    for await (const [subscription] of this.#sockets.iopub) {
      if (subscription?.[0] !== 1 || this.#closing) continue;
      const topic = subscription.subarray(1);
      const content = { subscription: topic.toString() };
      const welcome = makeMessage('iopub_welcome', this.#sessionId, content);
      for (const frames of [this.#encode(topic, welcome), ...(this.#unheard?.take() ?? [])]) {
        this.#queues.iopub.push(frames);
      }
      this.#unheard = undefined;
    }
  }

  async #close(): Promise<void> {
    const limit = new AbortController();
    const sent = Promise.all(Object.values(this.#queues).map((queue) => queue.drained()));
    const late = sleep(LINGER_MS, undefined, { signal: limit.signal }).catch(() => undefined);
    await Promise.race([sent, late]);
    limit.abort();
    closeSockets(this.#sockets);
    await Promise.all(this.#loops);
    await removeFiles(this.#connection);
  }
}

/** ZeroMQ removes them in the background, which a process that ends at once would not wait for. */
async function removeFiles(connection: ConnectionInfo): Promise<void> {
  if (connection.transport !== 'ipc') return;
  const paths = socketNames.map((name) => socketAddress(connection, name).slice('ipc://'.length));
  await Promise.all(paths.map((path) => rm(path, { force: true }).catch(() => undefined)));
}

/** Sends back what comes. A Router, for a Reply socket loses a later beat's answer after a malformed one. */
async function answerHeartbeats(socket: Router): Promise<void> {
  for await (const beat of socket) await socket.send(beat);
}
