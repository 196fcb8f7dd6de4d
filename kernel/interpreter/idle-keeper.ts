/** A cell that comes sooner after the one before it does not wait for memory and files to be kept. */
const idleMs = 20;
/** Once code has run for longer than this since they were, they are kept even if the next cell waits for it. */
const mostUnkeptMs = 1000;

/**
 * Has memory and files kept after each cell, where there is time before the next: many short cells in a row are kept
 * together.
 */
export class IdleKeeper {
  readonly #keep: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #keeping: Promise<void> = Promise.resolve();
  /** The first cell is kept at once: what comes after it may end the process. */
  #unkeptMs = Infinity;

  /** @param keep must not reject */
  constructor(keep: () => Promise<void>) {
    this.#keep = keep;
  }

  /** Nothing has run yet: that is kept, too. */
  start(): void {
    this.#keeping = this.#keep();
  }

  /** Something is to run: keeping that has begun is waited for, keeping that is due is put off. */
  async before(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#keeping;
  }

  /** Something has run. */
  after(ranMs: number): void {
    this.#unkeptMs += ranMs;
    clearTimeout(this.#timer);
    if (this.#unkeptMs > mostUnkeptMs) this.#begin();
    else this.#timer = setTimeout(() => this.#begin(), idleMs);
  }

  /** Nothing more is kept; settles when nothing is being kept. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#keeping;
  }

  #begin(): void {
    this.#unkeptMs = 0;
    this.#keeping = this.#keep();
  }
}
