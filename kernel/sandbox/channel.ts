import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { repliqueError } from '../errors.ts';
import { Pace } from './pace.ts';

/** Most bytes of a message's JSON head, and of its buffers together. The worker keeps to the same. */
const largestPart = 32 * 1024 * 1024;
const prefixBytes = 8;
/** Smaller pieces are put together: each takes up more room than what it holds. */
const smallBytes = 4096;

export interface Frame {
  readonly head: unknown;
  readonly buffers: readonly Buffer[];
  /** Bytes of the whole message. */
  readonly size: number;
}

/** A message as it travels: two lengths (big-endian, 32 bits), the JSON head, the buffers that `head.buffers` measures. */
export function encodeFrame(
  head: Readonly<Record<string, unknown>>,
  buffers: readonly Uint8Array[] = [],
): Buffer {
  const sizes = buffers.length > 0 ? { buffers: buffers.map((buffer) => buffer.length) } : {};
  const text = Buffer.from(JSON.stringify({ ...head, ...sizes }));
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(text.length, 0);
  prefix.writeUInt32BE(
    buffers.reduce((sum, buffer) => sum + buffer.length, 0),
    4,
  );
  return Buffer.concat([prefix, text, ...buffers]);
}

interface FrameReaderOptions {
  readonly onFrame: (frame: Frame) => void;
  /** Called once, for what is no message; what follows is ignored. */
  readonly onBreach: (problem: string) => void;
  /** Bytes before this are someone else's and are skipped. */
  readonly preamble?: string;
  readonly largest?: number;
}

/** Cuts a byte stream into messages. Holds no more than one message of the largest size. */
export class FrameReader {
  readonly #options: FrameReaderOptions;
  readonly #largest: number;
  #preamble: Buffer;
  #chunks: Buffer[] = [];
  #size = 0;
  #over = false;

  constructor(options: FrameReaderOptions) {
    this.#options = options;
    this.#largest = options.largest ?? largestPart;
    this.#preamble = Buffer.from(options.preamble ?? '');
  }

  push(chunk: Buffer): void {
    if (this.#over) return;
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.length + chunk.length <= smallBytes) {
      this.#chunks[this.#chunks.length - 1] = Buffer.concat([last, chunk]);
    } else this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#preamble.length > 0 && !this.#skipPreamble()) return;
    while (this.#readOne());
  }

  #skipPreamble(): boolean {
    const bytes = this.#peek(this.#size);
    const at = bytes.indexOf(this.#preamble);
    this.#consume(at < 0 ? Math.max(0, this.#size - this.#preamble.length) : at + this.#preamble.length);
    if (at >= 0) this.#preamble = Buffer.alloc(0);
    return at >= 0;
  }

  #readOne(): boolean {
    if (this.#over || this.#size < prefixBytes) return false;
    const prefix = this.#peek(prefixBytes);
    const headSize = prefix.readUInt32BE(0);
    const bodySize = prefix.readUInt32BE(4);
    if (headSize > this.#largest || bodySize > this.#largest)
      return this.#breach('a message that is too large');
    const end = prefixBytes + headSize + bodySize;
    if (this.#size < end) return false;
    const bytes = this.#peek(end);
    this.#consume(end);
    const frame = parseFrame(
      bytes.subarray(prefixBytes, prefixBytes + headSize),
      bytes.subarray(prefixBytes + headSize, end),
    );
    if (typeof frame === 'string') return this.#breach(frame);
    this.#options.onFrame(frame);
    return true;
  }

  #breach(problem: string): false {
    this.#over = true;
    this.#chunks = [];
    this.#options.onBreach(problem);
    return false;
  }

  /** The first `size` bytes, which have arrived, in one buffer. */
  #peek(size: number): Buffer {
    const first = this.#chunks[0];
    if (first === undefined) return Buffer.alloc(0);
    if (first.length >= size) return first.subarray(0, size);
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined.subarray(0, size);
  }

  #consume(size: number): void {
    this.#size -= size;
    let left = size;
    while (left > 0) {
      const first = this.#chunks[0];
      if (first === undefined) return;
      if (first.length > left) this.#chunks[0] = first.subarray(left);
      else this.#chunks.shift();
      left -= Math.min(left, first.length);
    }
  }
}

function parseFrame(headBytes: Buffer, body: Buffer): Frame | string {
  let head: unknown;
  try {
    head = JSON.parse(headBytes.toString('utf8'));
  } catch {
    return 'a message that is not JSON';
  }
  const sizes = head !== null && typeof head === 'object' && 'buffers' in head ? head.buffers : [];
  if (!Array.isArray(sizes) || sizes.length > 1000) return 'a message with wrong buffers';
  const buffers: Buffer[] = [];
  let at = 0;
  for (const size of sizes as unknown[]) {
    if (!Number.isInteger(size) || (size as number) < 0) return 'a message with wrong buffers';
    buffers.push(body.subarray(at, (at += size as number)));
  }
  return at === body.length
    ? { head, buffers, size: headBytes.length + body.length }
    : 'a message with wrong buffers';
}

/** A channel while it is lent to one process. */
export interface Line {
  /** Its place among the channels, as the worker counts them. */
  readonly index: number;
  /** What the process must write before its first message, so that no other's bytes are taken for its own. */
  readonly nonce: string;
  send(head: Readonly<Record<string, unknown>>): void;
  /** Sets who is told of messages. */
  listen(listener: { onFrame: (frame: Frame) => void; onBreach: (problem: string) => void }): void;
  /** Gives the channel back. What still comes on it is not read. */
  release(): void;
}

/** Lends the channels of a sandbox to the processes in it. */
export class ChannelPool {
  readonly #channels: readonly Duplex[];
  readonly #free: number[];
  readonly pace: Pace;

  constructor(channels: readonly Duplex[], messagesPerSecond: number) {
    this.#channels = channels;
    this.pace = new Pace(messagesPerSecond);
    this.#free = channels.map((_, index) => index);
  }

  /**
   * @param fresh the process is the first on any channel and writes no nonce
   * @throws RepliqueError SNAPSHOT_FAILED
   */
  take(fresh = false): Line {
    const index = this.#free.shift();
    const channel = index === undefined ? undefined : this.#channels[index];
    if (index === undefined || channel === undefined) {
      throw repliqueError('SNAPSHOT_FAILED', { problem: 'no channel to Python is free' });
    }
    const nonce = fresh ? '' : randomBytes(16).toString('hex');
    let listener: Parameters<Line['listen']>[0] | undefined;
    let released = false;
    const reader = new FrameReader({
      preamble: nonce,
      onFrame: (frame) => {
        this.pace.count();
        if (!released) listener?.onFrame(frame);
      },
      onBreach: (problem) => released || listener?.onBreach(problem),
    });
    const stop = this.pace.read(channel, (chunk) => reader.push(chunk));
    return {
      index,
      nonce,
      send: (head) => {
        if (!released && !channel.destroyed) channel.write(encodeFrame(head));
      },
      listen: (next) => (listener = next),
      release: () => {
        if (released) return;
        released = true;
        stop();
        this.#free.push(index);
      },
    };
  }
}
