const mostFailures = 5;
const windowMs = 60_000;
const restMs = 30_000;

/**
 * A circuit breaker: after five failures within a minute it is open, and nothing is asked for half a minute. Then one
 * call may try: its success closes it, its failure opens it again. Times are those of `performance.now()`.
 */
export class Breaker {
  #failures: number[] = [];
  #closesAt: number | undefined;
  #trying = false;

  /** When a call may be made: 0 for now. */
  readyAt(now: number): number {
    if (this.#closesAt === undefined) return 0;
    if (this.#trying) return now + restMs;
    return now >= this.#closesAt ? 0 : this.#closesAt;
  }

  /** A call begins; every call ends with `succeeded`, `failed` or `released`. */
  begin(): void {
    this.#trying = this.#closesAt !== undefined;
  }

  succeeded(): void {
    this.#failures = [];
    this.#closesAt = undefined;
    this.#trying = false;
  }

  failed(now: number): void {
    this.#failures = [...this.#failures.filter((at) => now - at < windowMs), now];
    if (this.#trying || this.#failures.length >= mostFailures) this.#closesAt = now + restMs;
    this.#trying = false;
  }

  /** The call ended and says nothing about the provider. */
  released(): void {
    this.#trying = false;
  }
}
