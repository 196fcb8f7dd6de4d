/** Logins that fail: a few in a minute from one address, and some more from all. */
const fromOne = 5;
const fromAll = 30;
const windowMs = 60_000;

/** Counts failed logins, so that nobody tries passwords one after the other. */
export class LoginAttempts {
  #failures: { readonly address: string; readonly at: number }[] = [];
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Seconds that this address has to wait; 0: none. */
  waitSeconds(address: string): number {
    const now = this.#now();
    this.#failures = this.#failures.filter(({ at }) => now - at < windowMs);
    const own = this.#failures.filter((failure) => failure.address === address);
    const oldest =
      own.length >= fromOne ? own[0] : this.#failures.length >= fromAll ? this.#failures[0] : undefined;
    return oldest === undefined ? 0 : Math.max(1, Math.ceil((oldest.at + windowMs - now) / 1000));
  }

  failed(address: string): void {
    this.#failures.push({ address, at: this.#now() });
  }
}
