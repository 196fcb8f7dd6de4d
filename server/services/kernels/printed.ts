import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';

/** What is shown of it, in bytes. */
const tailBytes = 2000;

/** A file that has grown so large is emptied: nobody reads what was printed long ago. */
const mostBytes = 2 ** 20;
const lookMs = 5000;

/** The file that a kernel prints into what belongs to no cell. It outlives the server, as a pipe could not. */
export class PrintedFile {
  readonly descriptor: number;
  readonly #timer: NodeJS.Timeout;
  #tail: string | undefined;

  /** @throws Error where it can't be opened */
  constructor(path: string) {
    this.descriptor = openSync(path, 'a+', 0o600);
    this.#timer = setInterval(() => this.#bound(), lookMs);
    this.#timer.unref();
  }

  /** The end of what was printed. */
  tail(): string {
    if (this.#tail !== undefined) return this.#tail;
    const { size } = fstatSync(this.descriptor);
    const bytes = Buffer.alloc(Math.min(size, tailBytes));
    const read = readSync(this.descriptor, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8', 0, read);
  }

  /** Closes it; the tail stays. */
  stop(): void {
    if (this.#tail !== undefined) return;
    this.#tail = this.tail();
    clearInterval(this.#timer);
    closeSync(this.descriptor);
  }

  #bound(): void {
    try {
      if (fstatSync(this.descriptor).size > mostBytes) ftruncateSync(this.descriptor);
    } catch {
      // The disk fails; the next look may find it well.
    }
  }
}
