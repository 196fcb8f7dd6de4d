/** Bytes of messages kept until somebody listens; beyond, the oldest are lost. */
const MAX_BYTES = 1_000_000;

/**
 * What is published before the first listener is known. A listener may be connected before the kernel
 * has read its subscription: sent at once, `starting` could reach it before its welcome.
 */
export class Unheard {
  readonly #messages: Uint8Array[][] = [];
  #bytes = 0;

  keep(frames: Uint8Array[]): void {
    this.#messages.push(frames);
    this.#bytes += size(frames);
    while (this.#bytes > MAX_BYTES) this.#bytes -= size(this.#messages.shift() ?? []);
  }

  /** Everything kept, oldest first; afterwards nothing is. */
  take(): Uint8Array[][] {
    this.#bytes = 0;
    return this.#messages.splice(0);
  }
}

function size(frames: Uint8Array[]): number {
  return frames.reduce((bytes, frame) => bytes + frame.length, 0);
}
