import { randomUUID } from 'node:crypto';
import { Dealer, Subscriber } from 'zeromq';
import { socketAddress, type ConnectionInfo } from '../../../kernel/protocol/connection-file.ts';
import {
  DecodeError,
  LIMITS,
  openFrames,
  parseHeader,
  parseParent,
  sealFrames,
  type RawMessage,
} from '../../../kernel/protocol/frames.ts';
import type { Header, ParentHeader } from '../../../kernel/protocol/header.ts';
import { Signer } from '../../../kernel/protocol/signer.ts';

/** Channels that carry requests and their answers. */
export type RequestChannel = 'shell' | 'control' | 'stdin';
export type Channel = RequestChannel | 'iopub';

/** A message of a kernel: its JSON as it came, and of it what decides where it goes. */
export interface Received {
  readonly channel: Channel;
  readonly raw: RawMessage;
  readonly header: Header;
  readonly parent: ParentHeader;
}

interface Listener {
  readonly onMessage: (message: Received) => void;
  /** What came and was no message of this kernel; the text holds nothing of it. */
  readonly onProblem: (problem: string) => void;
}

/** What waits to be sent beyond this makes who sends wait. */
const mostWaiting = 500;
const mostWaitingBytes = 16 * 2 ** 20;

interface Queue {
  readonly frames: Uint8Array[][];
  bytes: number;
  running: boolean;
}

const channels = ['shell', 'control', 'stdin'] as const;

/** The sockets of one process of a kernel. */
export class KernelSockets {
  readonly #signer: Signer;
  readonly #dealers: Readonly<Record<RequestChannel, Dealer>>;
  readonly #iopub: Subscriber;
  readonly #queues: Readonly<Record<RequestChannel, Queue>>;
  readonly #listener: Listener;
  readonly #loops: readonly Promise<void>[];
  #closed = false;
  /** Who waits for room in the queues. */
  #waiting: (() => void)[] = [];

  constructor(connection: ConnectionInfo, listener: Listener) {
    this.#signer = new Signer(connection.key);
    this.#listener = listener;
    const common = { linger: 0, reconnectInterval: 20, reconnectMaxInterval: 200 };
    // Kernels send questions to the identity that the request came from: it is one for all channels.
    const options = { ...common, maxMessageSize: LIMITS.totalBytes, routingId: randomUUID() };
    this.#dealers = { shell: new Dealer(options), control: new Dealer(options), stdin: new Dealer(options) };
    this.#queues = { shell: newQueue(), control: newQueue(), stdin: newQueue() };
    // No limit here: a kernel drops what a listener has no room for.
    this.#iopub = new Subscriber({
      ...common,
      maxMessageSize: LIMITS.totalBytes,
      receiveHighWaterMark: 0,
    });
    for (const channel of channels) this.#dealers[channel].connect(socketAddress(connection, channel));
    this.#iopub.connect(socketAddress(connection, 'iopub'));
    this.#iopub.subscribe();
    this.#loops = [
      ...channels.map((channel) => this.#listen(channel, this.#dealers[channel])),
      this.#listen('iopub', this.#iopub),
    ];
  }

  /** Sends a message, after those before it. */
  send(channel: RequestChannel, message: RawMessage): void {
    const frames = sealFrames([], message, this.#signer);
    const queue = this.#queues[channel];
    queue.frames.push(frames);
    queue.bytes += sizeOf(frames);
    if (!queue.running) void this.#drain(channel, queue);
  }

  /** Settles when there is room for more; `undefined`: there is. */
  room(): Promise<void> | undefined {
    if (this.#closed || !this.#full()) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const socket of [this.#iopub, ...Object.values(this.#dealers)]) socket.close();
    this.#letIn();
    await Promise.all(this.#loops);
  }

  #full(): boolean {
    return Object.values(this.#queues).some(
      ({ frames, bytes }) => frames.length > mostWaiting || bytes > mostWaitingBytes,
    );
  }

  #letIn(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  async #drain(channel: RequestChannel, queue: Queue): Promise<void> {
    queue.running = true;
    try {
      for (let frames = queue.frames[0]; frames && !this.#closed; frames = queue.frames[0]) {
        await this.#dealers[channel].send(frames);
        queue.frames.shift();
        queue.bytes -= sizeOf(frames);
        if (this.#waiting.length > 0 && !this.#full()) this.#letIn();
      }
    } catch (error) {
      if (!this.#closed) this.#listener.onProblem(`could not send on ${channel}: ${String(error)}`);
    } finally {
      queue.running = false;
    }
  }

  async #listen(channel: Channel, socket: Dealer | Subscriber): Promise<void> {
    try {
      for await (const frames of socket) this.#deliver(channel, frames);
    } catch (error) {
      if (!socket.closed) this.#listener.onProblem(`could not read from ${channel}: ${String(error)}`);
    }
  }

  #deliver(channel: Channel, frames: readonly Uint8Array[]): void {
    let message: Received;
    try {
      const raw = openFrames(frames, this.#signer);
      const [header, parent] = raw.parts;
      message = { channel, raw, header: parseHeader(header), parent: parseParent(parent) };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#listener.onProblem(`${channel}: ${error.message}`);
      return;
    }
    this.#listener.onMessage(message);
  }
}

const newQueue = (): Queue => ({ frames: [], bytes: 0, running: false });

const sizeOf = (frames: readonly Uint8Array[]): number =>
  frames.reduce((sum, { byteLength }) => sum + byteLength, 0);
