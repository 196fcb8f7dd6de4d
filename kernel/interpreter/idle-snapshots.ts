/** A cell that comes sooner after the one before it does not wait for a snapshot. */
const idleMs = 20;
/** Once code has run for longer than this since the last one, a snapshot is taken even if the next cell waits for it. */
const mostUnkeptMs = 1000;

/**
 * Keeps the worker's memory, so that a worker that must be replaced comes back as it was: after each cell, where there is
 * time before the next. Many short cells in a row are kept together.
 */
export class IdleSnapshots {
  readonly #take: () => Promise<unknown>;
  #timer: NodeJS.Timeout | undefined;
  #taking: Promise<unknown> = Promise.resolve();
  /** The first cell is kept at once: before it there is nothing to come back to. */
  #unkeptMs = Infinity;

  /** @param take takes one; may reject */
  constructor(take: () => Promise<unknown>) {
    this.#take = take;
  }

  /** A cell is to run: one that is being taken is waited for, one that is due is put off. */
  async before(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#taking;
  }

  /** A cell has run. */
  after(ranMs: number): void {
    this.#unkeptMs += ranMs;
    clearTimeout(this.#timer);
    if (this.#unkeptMs > mostUnkeptMs) this.#begin();
    else this.#timer = setTimeout(() => this.#begin(), idleMs);
  }

  /** No more are taken; settles when none is being taken. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#taking;
  }

  #begin(): void {
    this.#unkeptMs = 0;
    this.#taking = this.#take().catch(() => undefined);
  }
}
