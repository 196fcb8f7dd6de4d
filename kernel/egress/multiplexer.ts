import { Duplex } from 'node:stream';

/**
 * Connections of the sandbox over one channel. A frame is its kind (8 bits), the connection's number and the payload's
 * length (32 bits each, big-endian), and the payload. The forwarder numbers its connections 1, 2, 3 …; none is used
 * twice. Each side may send `window` bytes of a connection before the other gives it credit for more.
 */
export const frameKinds = { ready: 0, open: 1, data: 2, credit: 3, end: 4, reset: 5 } as const;
const headerBytes = 9;
export const largestPayload = 16 * 1024;
const windowBytes = 256 * 1024;
const mostConnections = 64;
/** Bytes that may wait for a forwarder that does not read. */
const mostUnread = 4 * 2 ** 20;

export function encodeFrame(kind: number, id: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt8(kind, 0);
  header.writeUInt32BE(id, 1);
  header.writeUInt32BE(payload.length, 5);
  return Buffer.concat([header, payload]);
}

interface Handlers {
  readonly onReady: () => void;
  readonly onConnection: (connection: Duplex) => void;
  /** The channel has ended; `breach` says what was sent where that was the reason. Called once. */
  readonly onEnd: (breach?: string) => void;
}

/** The host's end of a channel. Whatever the forwarder may not send ends all of its connections. */
export class Multiplexer {
  readonly #channel: Duplex;
  readonly #handlers: Handlers;
  readonly #connections = new Map<number, Connection>();
  #pending: Buffer = Buffer.alloc(0);
  #last = 0;
  #over = false;

  constructor(channel: Duplex, handlers: Handlers) {
    this.#channel = channel;
    this.#handlers = handlers;
    channel.on('data', (chunk: Buffer) => this.#receive(chunk));
    channel.on('error', () => this.close());
    channel.on('close', () => this.close());
    channel.on('end', () => this.close());
  }

  /** Ends every connection and the channel. */
  close(breach?: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#pending = Buffer.alloc(0);
    this.#channel.destroy();
    for (const connection of this.#connections.values()) connection.destroy();
    this.#handlers.onEnd(breach);
  }

  #receive(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (!this.#over && this.#pending.length >= headerBytes) {
      const size = this.#pending.readUInt32BE(5);
      if (size > largestPayload) {
        this.close('a frame that is too large');
        return;
      }
      const end = headerBytes + size;
      if (this.#pending.length < end) return;
      const kind = this.#pending.readUInt8(0);
      const id = this.#pending.readUInt32BE(1);
      const payload = this.#pending.subarray(headerBytes, end);
      this.#pending = this.#pending.subarray(end);
      const breach = this.#accept(kind, id, payload);
      if (breach !== undefined) {
        this.close(breach);
        return;
      }
    }
  }

  /** Returns what is wrong with the frame. */
  #accept(kind: number, id: number, payload: Buffer): string | undefined {
    const { ready, open, data, credit, end, reset } = frameKinds;
    if (kind !== data && payload.length !== (kind === credit ? 4 : 0)) return 'a frame of the wrong size';
    if (kind === ready) {
      if (id !== 0 || this.#last !== 0) return 'a frame out of order';
      this.#handlers.onReady();
      return undefined;
    }
    if (kind === open) return this.#open(id);
    if (id < 1 || id > this.#last) return 'a frame for a connection that was never opened';
    // One that was closed meanwhile may still be spoken of.
    const connection = this.#connections.get(id);
    switch (kind) {
      case data:
        return connection?.receive(payload);
      case credit:
        return connection?.extend(payload.readUInt32BE(0));
      case end:
        return connection?.finish();
      case reset:
        connection?.destroy();
        return undefined;
      default:
        return 'a frame of an unknown kind';
    }
  }

  #open(id: number): string | undefined {
    if (id !== this.#last + 1) return 'a connection with the wrong number';
    this.#last = id;
    if (this.#connections.size >= mostConnections) return 'too many connections';
    const connection = new Connection(
      (kind, payload, sent) => {
        if (this.#over) return;
        if (this.#channel.writableLength > mostUnread) this.close('nothing: it does not read');
        else this.#channel.write(encodeFrame(kind, id, payload), () => sent?.());
      },
      () => this.#connections.delete(id),
    );
    this.#connections.set(id, connection);
    this.#handlers.onConnection(connection);
    return undefined;
  }
}

type Send = (kind: number, payload?: Buffer, sent?: () => void) => void;

/** One connection of the sandbox, as a stream of the host. */
class Connection extends Duplex {
  readonly #send: Send;
  readonly #forget: () => void;
  /** Bytes that may still be sent, and received. */
  #outgoing = windowBytes;
  #incoming = windowBytes;
  /** Bytes that were read since credit was last given for them. */
  #read = 0;
  readonly #queue: Buffer[] = [];
  #wanted = false;
  #ended = false;
  #told = false;
  #blocked: (() => void) | undefined;

  constructor(send: Send, forget: () => void) {
    super({ allowHalfOpen: true });
    this.#send = send;
    this.#forget = forget;
    this.on('error', () => undefined);
  }

  receive(payload: Buffer): string | undefined {
    if (this.#ended) return 'data after the end of a connection';
    this.#incoming -= payload.length;
    if (this.#incoming < 0) return 'more data than was asked for';
    if (payload.length > 0) this.#queue.push(Buffer.from(payload));
    this.#deliver();
    return undefined;
  }

  extend(bytes: number): string | undefined {
    this.#outgoing += bytes;
    if (this.#outgoing > windowBytes) return 'credit beyond the window';
    const resume = this.#blocked;
    this.#blocked = undefined;
    resume?.();
    return undefined;
  }

  finish(): string | undefined {
    if (this.#ended) return 'a second end of a connection';
    this.#ended = true;
    this.#deliver();
    return undefined;
  }

  override _read(): void {
    this.#wanted = true;
    this.#deliver();
  }

  /** Hands on what has come, as far as it is read, and gives credit for as much. */
  #deliver(): void {
    while (this.#wanted) {
      const chunk = this.#queue.shift();
      if (chunk === undefined) break;
      this.#read += chunk.length;
      this.#wanted = this.push(chunk);
    }
    if (this.#ended && this.#queue.length === 0 && !this.#told) {
      this.#told = true;
      this.push(null);
    }
    if (this.#read < windowBytes / 2 || this.#ended) return;
    const credit = Buffer.alloc(4);
    credit.writeUInt32BE(this.#read);
    this.#incoming += this.#read;
    this.#read = 0;
    this.#send(frameKinds.credit, credit);
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (chunk.length === 0) {
      done();
      return;
    }
    if (this.#outgoing === 0) {
      this.#blocked = () => this._write(chunk, _encoding, done);
      return;
    }
    const part = chunk.subarray(0, Math.min(largestPayload, this.#outgoing));
    this.#outgoing -= part.length;
    this.#send(frameKinds.data, part, () => this._write(chunk.subarray(part.length), _encoding, done));
  }

  override _final(done: () => void): void {
    this.#send(frameKinds.end);
    done();
  }

  override _destroy(_error: Error | null, done: (error: Error | null) => void): void {
    this.#forget();
    this.#send(frameKinds.reset);
    done(null);
  }
}
