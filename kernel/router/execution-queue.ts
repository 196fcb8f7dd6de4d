import { setImmediate as nextTick } from 'node:timers/promises';

/** One execute request that waits for its turn. */
interface Job {
  /** Runs it. Must not reject. */
  run(signal: AbortSignal): Promise<void>;
  /** Answers that it was not run. */
  abort(): void;
}

/** More cells than any client has waiting; those beyond are aborted. */
const MAX_WAITING = 10_000;

/** What a client had sent before a cell failed is aborted if it comes at most so long after the failure. */
const IN_FLIGHT_MS = 50;

/** Cells run one at a time, in order. */
export class ExecutionQueue {
  #waiting: { job: Job; aborted: boolean }[] = [];
  #running: AbortController | undefined;
  #drained = Promise.resolve();
  #draining = false;
  #closed = false;
  /** When a cell has failed last: by the clock, and by `performance.now()`. */
  #failure: { readonly date: number; readonly at: number } | undefined;

  /** @param sentAt when the client made the request, in milliseconds since 1970; NaN where it does not say */
  push(job: Job, sentAt = NaN): void {
    const aborted = this.#closed || this.#waiting.length >= MAX_WAITING || this.#wasInFlight(sentAt);
    this.#waiting.push({ job, aborted });
    if (this.#draining) return;
    this.#draining = true;
    this.#drained = this.#drain();
  }

  /** Stops the running cell and aborts those that wait. */
  interrupt(): void {
    this.#running?.abort();
    this.#abortWaiting();
  }

  /**
   * Aborts the cells that were sent before it was known that one has failed: those that wait, and those that are on their
   * way. Call it before the reply: what a client sends once it knows of the failure is run.
   */
  async abortRest(): Promise<void> {
    this.#failure = { date: Date.now(), at: performance.now() };
    await nextTick();
    this.#abortWaiting();
  }

  #wasInFlight(sentAt: number): boolean {
    const failure = this.#failure;
    return failure !== undefined && sentAt < failure.date && performance.now() - failure.at < IN_FLIGHT_MS;
  }

  /** Takes no more: what waits is aborted, what runs may end, and then it settles. */
  end(): Promise<void> {
    this.#closed = true;
    this.#abortWaiting();
    return this.#drained;
  }

  /** Stops everything, for good; settles when the running cell has ended. */
  close(): Promise<void> {
    this.#closed = true;
    this.interrupt();
    return this.#drained;
  }

  #abortWaiting(): void {
    for (const entry of this.#waiting) entry.aborted = true;
  }

  async #drain(): Promise<void> {
    for (let entry = this.#waiting.shift(); entry; entry = this.#waiting.shift()) {
      if (entry.aborted) {
        entry.job.abort();
        continue;
      }
      this.#running = new AbortController();
      await entry.job.run(this.#running.signal);
      this.#running = undefined;
    }
    this.#draining = false;
  }
}
