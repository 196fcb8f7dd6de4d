import { setTimeout as sleep } from 'node:timers/promises';

/** Those who wait for a kernel that starts. */
export class Readiness {
  #waiting: ((ready: boolean) => void)[] = [];

  /** The next process; settles when it is known whether it answers, with `undefined` after the time. */
  async next(limitMs: number): Promise<boolean | undefined> {
    const limit = new AbortController();
    const settled = new Promise<boolean>((resolve) => this.#waiting.push(resolve));
    const late = sleep(limitMs, undefined, { signal: limit.signal, ref: false }).catch(() => undefined);
    const ready = await Promise.race([settled, late]);
    limit.abort();
    return ready;
  }

  settle(ready: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(ready);
  }
}
