/**
 * Finds out how many threads compute fastest right now. On an idle machine that is one for each core; where other
 * programs use the cores, threads that wait for each other at every layer make it many times slower than one alone
 * (measured: 10 tokens a second with one thread, 0.5 with two, on two busy cores).
 */
export class ThreadTuner {
  readonly #candidates: readonly number[];
  #at: number;
  #average: number | undefined;
  #trial: { readonly at: number; best: number; left: number } | undefined;
  #steps = 0;
  #interval = firstInterval;
  #upwards = false;

  /**
   * @param most threads that can be useful
   * @param busy start with one thread
   */
  constructor(most: number, busy: boolean) {
    const candidates = [];
    for (let threads = 1; threads < most; threads *= 2) candidates.push(threads);
    this.#candidates = [...candidates, most];
    this.#at = busy ? 0 : this.#candidates.length - 1;
  }

  /** Threads to use for the next step. */
  get threads(): number {
    return this.#candidates[this.#trial?.at ?? this.#at] ?? 1;
  }

  /** Takes how long the step took, in milliseconds a token. */
  record(ms: number): void {
    if (this.#trial) this.#recordTrial(this.#trial, ms);
    else this.#recordStep(ms);
  }

  #recordStep(ms: number): void {
    const before = this.#average ?? ms;
    this.#average = 0.8 * before + 0.2 * ms;
    this.#steps += 1;
    if (this.#steps < this.#interval && ms < 3 * before) return;
    this.#upwards = !this.#upwards;
    const next = this.#at + (this.#upwards ? 1 : -1);
    const at = this.#candidates[next] === undefined ? 2 * this.#at - next : next;
    if (this.#candidates[at] !== undefined) this.#trial = { at, best: Infinity, left: 2 };
  }

  #recordTrial(trial: { readonly at: number; best: number; left: number }, ms: number): void {
    const average = this.#average ?? ms;
    trial.best = Math.min(trial.best, ms);
    trial.left -= 1;
    if (trial.left > 0 && ms < 1.5 * average) return;
    const better = trial.best < 0.85 * average;
    if (better) {
      this.#at = trial.at;
      this.#average = trial.best;
    }
    this.#interval = better ? firstInterval : Math.min(2 * this.#interval, 128);
    this.#steps = 0;
    this.#trial = undefined;
  }
}

const firstInterval = 4;
