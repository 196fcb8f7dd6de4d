import { randomUUID } from 'node:crypto';
import { Dealer, Subscriber } from 'zeromq';
import type { ConnectionInfo } from '../../../kernel/protocol/connection-file.ts';
import { socketAddress } from '../../../kernel/protocol/addresses.ts';
import {
  DecodeError,
  openFrames,
  parseHeader,
  parseParent,
  sealFrames,
  type RawMessage,
} from '../../../kernel/protocol/frames.ts';
import { LIMITS } from '../../../kernel/protocol/limits.ts';
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
  /** Of a question that has just come: by which the kernel knows who is asked. */
  readonly identity?: string;
}

interface Listener {
  readonly onMessage: (message: Received) => void;
  /** What came and was no message of this kernel; the text holds nothing of it. */
  readonly onProblem: (problem: string) => void;
  /** What `onMessage` has thrown, which is a bug. */
  readonly onFault: (error: unknown) => void;
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
  readonly #connection: ConnectionInfo;
  readonly #common = { linger: 0, reconnectInterval: 20, reconnectMaxInterval: 200 };
  readonly #earlier: Dealer[] = [];
  readonly #loops: Promise<void>[];
  /** Where the last question came from: its answer goes there. */
  #asking: Dealer;
  #closed = false;
  /** Who waits for room in the queues. */
  #waiting: (() => void)[] = [];

  /** @param identity by which the kernel knows who has asked on shell, and whom to ask on stdin */
  constructor(connection: ConnectionInfo, identity: string, listener: Listener) {
    this.#connection = connection;
    this.#signer = new Signer(connection.key);
    this.#listener = listener;
    const { shell, stdin } = this.#dealersOf(identity);
    this.#dealers = { shell, stdin, control: this.#dealer(randomUUID()) };
    this.#asking = stdin;
    this.#queues = { shell: newQueue(), control: newQueue(), stdin: newQueue() };
    // No limit here: a kernel drops what a listener has no room for.
    this.#iopub = new Subscriber({
      ...this.#common,
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

  /**
   * Takes what is still answered to those who had the kernel before; answers come to who has their identity.
   * @param asked whose open question it is: its answer goes over this one
   */
  listenFor(identities: readonly string[], asked?: string): void {
    for (const identity of identities) {
      const { shell, stdin } = this.#dealersOf(identity);
      if (identity === asked) this.#asking = stdin;
      shell.connect(socketAddress(this.#connection, 'shell'));
      stdin.connect(socketAddress(this.#connection, 'stdin'));
      this.#earlier.push(shell, stdin);
      this.#loops.push(this.#listen('shell', shell), this.#listen('stdin', stdin));
    }
  }

  /** Nothing is answered to those any more. */
  forgetEarlier(): void {
    for (const socket of this.#earlier.splice(0)) if (socket !== this.#asking) socket.close();
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
    for (const socket of [this.#iopub, ...Object.values(this.#dealers), ...this.#earlier, this.#asking]) {
      socket.close();
    }
    this.#letIn();
    await Promise.all(this.#loops);
  }

  /** Kernels send questions to the identity that the request came from: it is one for both channels. */
  #dealersOf(identity: string): Readonly<Record<'shell' | 'stdin', Dealer>> {
    return { shell: this.#dealer(identity), stdin: this.#dealer(identity) };
  }

  #dealer(routingId: string): Dealer {
    return new Dealer({ ...this.#common, maxMessageSize: LIMITS.totalBytes, routingId });
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
        await (channel === 'stdin' ? this.#asking : this.#dealers[channel]).send(frames);
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
      for await (const frames of socket) {
        if (channel === 'stdin') this.#asking = socket as Dealer;
        this.#deliver(channel, frames, channel === 'stdin' ? (socket as Dealer).routingId : null);
      }
    } catch (error) {
      if (!socket.closed) this.#listener.onProblem(`could not read from ${channel}: ${String(error)}`);
    }
  }

  #deliver(channel: Channel, frames: readonly Uint8Array[], identity: string | null): void {
    let message: Received;
    try {
      const raw = openFrames(frames, this.#signer);
      const [header, parent] = raw.parts;
      const about = { header: parseHeader(header), parent: parseParent(parent) };
      message = { channel, raw, ...about, ...(identity !== null && { identity }) };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#listener.onProblem(`${channel}: ${error.message}`);
      return;
    }
    try {
      this.#listener.onMessage(message);
    } catch (error) {
      this.#listener.onFault(error); // the next one is heard
    }
  }
}

const newQueue = (): Queue => ({ frames: [], bytes: 0, running: false });

const sizeOf = (frames: readonly Uint8Array[]): number =>
  frames.reduce((sum, { byteLength }) => sum + byteLength, 0);
