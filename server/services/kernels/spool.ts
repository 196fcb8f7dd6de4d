import { randomUUID } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const headBytes = 4;

/** A queue of messages on the disk, in a file without a name: it goes with the process. */
export class Spool {
  readonly #directory: () => string;
  #file: number | undefined;
  #read = 0;
  #written = 0;
  #count = 0;

  constructor(directory: () => string) {
    this.#directory = directory;
  }

  /** Bytes that are kept. */
  get size(): number {
    return this.#written - this.#read;
  }

  /** Messages that are kept. */
  get count(): number {
    return this.#count;
  }

  /** @throws Error where the disk is full */
  append(message: Buffer): void {
    const file = (this.#file ??= this.#open());
    const head = Buffer.allocUnsafe(headBytes);
    head.writeUInt32LE(message.length);
    const bytes = Buffer.concat([head, message]);
    for (let done = 0; done < bytes.length;) {
      done += writeSync(file, bytes, done, bytes.length - done, this.#written + done);
    }
    this.#written += bytes.length;
    this.#count += 1;
  }

  /** The oldest message; `undefined`: there is none. @throws Error where it can't be read: no other can be either */
  take(): Buffer | undefined {
    if (this.#file === undefined || this.size === 0) return undefined;
    const message = Buffer.allocUnsafe(this.#bytes(this.#file, headBytes).readUInt32LE());
    this.#bytes(this.#file, message.length).copy(message);
    this.#count -= 1;
    if (this.size === 0) {
      ftruncateSync(this.#file);
      this.#read = this.#written = 0;
    }
    return message;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#read = this.#written = this.#count = 0;
  }

  #open(): number {
    const path = join(this.#directory(), `.messages-${randomUUID()}`);
    const file = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return file;
  }

  #bytes(file: number, count: number): Buffer {
    const bytes = Buffer.allocUnsafe(count);
    for (let done = 0; done < count;) {
      const read = readSync(file, bytes, done, count - done, this.#read + done);
      if (read === 0) throw new Error('The kept messages are incomplete.');
      done += read;
    }
    this.#read += count;
    return bytes;
  }
}
