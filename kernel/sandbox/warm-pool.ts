import type { WorkerProcessOptions } from './worker-options.ts';
import { WorkerProcess } from './worker-process.ts';

/**
 * Workers that wait, each in a fresh sandbox of its own, so that one which must be replaced is there at once. They are
 * started one at a time and only after the first that was asked for is ready: a session's start is never slowed.
 */
export class WarmPool {
  readonly #options: WorkerProcessOptions;
  readonly #size: number;
  readonly #spares: WorkerProcess[] = [];
  #filling: Promise<void> | undefined;
  #closed = false;

  /** @param size how many to keep; with 0 each worker is started when it is asked for */
  constructor(options: WorkerProcessOptions, size: number) {
    this.#options = options;
    this.#size = size;
  }

  /** A worker that can execute: one that waits, else a new one. See `WorkerProcess.start`. */
  async take(unwanted?: AbortSignal): Promise<WorkerProcess> {
    let spare = this.#spares.shift();
    while (spare?.peer.death !== undefined) {
      await spare.close();
      spare = this.#spares.shift();
    }
    const taken = spare ?? (await WorkerProcess.start(this.#options, unwanted));
    this.#fill();
    return taken;
  }

  /** How many wait and live. */
  get waiting(): number {
    return this.#spares.filter(({ peer }) => peer.death === undefined).length;
  }

  /** Settles when the pool has as many as it keeps, or can't have them. */
  async filled(): Promise<void> {
    await this.#filling;
  }

  /** Ends those that wait, and the one that is being started. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#filling;
    await Promise.all(this.#spares.splice(0).map((spare) => spare.close()));
  }

  #fill(): void {
    if (this.#closed) return;
    this.#filling ??= this.#start().finally(() => {
      this.#filling = undefined;
    });
  }

  /** One that does not start is met, and said, by who needs one next. */
  async #start(): Promise<void> {
    try {
      while (!this.#closed && this.waiting < this.#size) {
        this.#spares.push(await WorkerProcess.start(this.#options));
      }
    } catch {
      // Said above.
    }
  }
}
