/** Something that takes one multipart message at a time. */
interface Sink {
  send(frames: Uint8Array[]): Promise<void>;
}

/** A message, or what writes it when its turn comes. */
export type Outgoing = Uint8Array[] | (() => Uint8Array[]);

/** Sends messages one after the other: a ZeroMQ socket refuses a second send while one is under way. */
export class SendQueue {
  readonly #sink: Sink;
  readonly #onError: (error: unknown) => void;
  readonly #waiting: Outgoing[] = [];
  #busy = false;
  #draining = Promise.resolve();

  constructor(sink: Sink, onError: (error: unknown) => void) {
    this.#sink = sink;
    this.#onError = onError;
  }

  push(message: Outgoing): void {
    this.#waiting.push(message);
    if (this.#busy) return;
    this.#busy = true;
    this.#draining = this.#drain();
  }

  /** Settles when everything pushed has been handed to the sink. Never rejects. */
  drained(): Promise<void> {
    return this.#draining;
  }

  /** Not at once: a cell's code is on its way to Python before its `busy` is written. */
  async #drain(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      try {
        await this.#sink.send(typeof next === 'function' ? next() : next);
      } catch (error) {
        this.#onError(error);
      }
    }
    this.#busy = false;
  }
}
