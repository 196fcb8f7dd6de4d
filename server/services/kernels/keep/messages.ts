import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { parseHeader, parseParent } from '../../../../kernel/protocol/frames.ts';
import type { Received } from '../sockets.ts';
import { decodeV1, encodeV1 } from '../wire/v1.ts';
import type { KernelRecord } from './records.ts';

/** Messages of a kernel in a file: each with its length before it, as `v1.kernel.websocket.jupyter.org` has it. */

const headBytes = 4;
const longest = 2 ** 28;

/** Adds messages to a file, until it holds so many bytes. */
export class MessageWriter {
  readonly #file: number;
  readonly #mostBytes: number;
  #bytes: number;
  #lost = 0;

  /** @throws Error where it can't be opened */
  constructor(path: string, mostBytes: number) {
    this.#file = openSync(path, 'a', 0o600);
    this.#bytes = fstatSync(this.#file).size;
    this.#mostBytes = mostBytes;
  }

  /** Messages that had no room. Once one had none, none has: what follows a gap is of no use. */
  get lost(): number {
    return this.#lost;
  }

  add({ channel, raw }: Pick<Received, 'channel' | 'raw'>): void {
    const message = encodeV1({ channel, ...raw });
    if (this.#lost === 0 && this.#bytes + message.length <= this.#mostBytes && this.#write(message)) return;
    this.#lost += 1;
  }

  /** Adds one that has room where others had none, if the disk has. */
  addLast({ channel, raw }: Pick<Received, 'channel' | 'raw'>): void {
    this.#write(encodeV1({ channel, ...raw }));
  }

  close(): void {
    closeSync(this.#file);
  }

  /** @returns whether the disk had room; what was written of a message that has none is taken back */
  #write(message: Buffer): boolean {
    const head = Buffer.allocUnsafe(headBytes);
    head.writeUInt32LE(message.length);
    const bytes = Buffer.concat([head, message]);
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(this.#file, bytes, done);
      this.#bytes += bytes.length;
      return true;
    } catch {
      ftruncateSync(this.#file, this.#bytes);
      return false;
    }
  }
}

/** The messages of a file, one after the other. A last one that is cut short, and what is no message, ends them. */
export function* readMessages(path: string): Generator<Received> {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return; // there are none
  }
  try {
    for (;;) {
      const head = readExactly(file, headBytes);
      const length = head?.readUInt32LE() ?? Infinity;
      const bytes = length <= longest ? readExactly(file, length) : undefined;
      const message = bytes && messageIn(bytes);
      if (message === undefined) return;
      yield message;
    }
  } finally {
    closeSync(file);
  }
}

/** The header as it came: no two messages of a kernel have the same. */
export const headerOf = ({ raw }: Received): string => Buffer.from(raw.parts[0]).toString('utf8');

/**
 * What came while no server listened: after the last message that the one before has had.
 * @param file of the kernel's messages
 */
export function* missedBy({ lastHeard }: Pick<KernelRecord, 'lastHeard'>, file: string): Generator<Received> {
  let isAfter = lastHeard === undefined || !holds(file, lastHeard);
  for (const message of readMessages(file)) {
    if (isAfter) yield message;
    else isAfter = headerOf(message) === lastHeard;
  }
}

function holds(file: string, header: string): boolean {
  for (const message of readMessages(file)) if (headerOf(message) === header) return true;
  return false;
}

function messageIn(bytes: Buffer): Received | undefined {
  try {
    const { channel, ...raw } = decodeV1(bytes);
    const [header, parent] = raw.parts;
    return { channel, raw, header: parseHeader(header), parent: parseParent(parent) };
  } catch {
    return undefined;
  }
}

function readExactly(file: number, length: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length;) {
    const read = readSync(file, bytes, done, length - done, null);
    if (read === 0) return undefined;
    done += read;
  }
  return bytes;
}
