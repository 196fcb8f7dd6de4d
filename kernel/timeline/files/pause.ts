import { setImmediate } from 'node:timers/promises';

/** So long nothing else of this process waits for a look at files. */
const mostHeldMs = 8;

/** Gives way to whatever else waits, now and then. */
export class Pause {
  #since = performance.now();

  /** Whether it is time to `take` it. */
  get isDue(): boolean {
    return performance.now() - this.#since > mostHeldMs;
  }

  async take(): Promise<void> {
    await setImmediate();
    this.#since = performance.now();
  }
}
