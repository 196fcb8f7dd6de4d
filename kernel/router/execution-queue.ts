import { setTimeout as sleep } from 'node:timers/promises';

/** One execute request that waits for its turn. */
interface Job {
  /** Runs it. Must not reject. */
  run(signal: AbortSignal): Promise<void>;
  /** Answers that it was not run. */
  abort(): void;
}

/** More cells than any client has waiting; those beyond are aborted. */
const MAX_WAITING = 10_000;

/** A client that sends a whole notebook at once has this long to get its messages here before a failure aborts them. */
const IN_FLIGHT_MS = 20;

/** Cells run one at a time, in order. */
export class ExecutionQueue {
  #waiting: { job: Job; aborted: boolean }[] = [];
  #running: AbortController | undefined;
  #drained = Promise.resolve();
  #draining = false;
  #closed = false;

  push(job: Job): void {
    this.#waiting.push({ job, aborted: this.#closed || this.#waiting.length >= MAX_WAITING });
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
   * Aborts the cells that were sent after one that failed. Call it before the reply: what is on its way is waited
   * for, and nothing that a client sends after it knows of the failure is lost.
   */
  async abortRest(): Promise<void> {
    await sleep(IN_FLIGHT_MS);
    this.#abortWaiting();
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
