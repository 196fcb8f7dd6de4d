import type { ProviderError, ProviderErrorKind } from '../contract.ts';

const firstMs = 500;
const mostMs = 20_000;

/** How often calls that failed like this are tried again at most. For kinds that are not here nothing would change. */
const mostRetries: Partial<Record<ProviderErrorKind, number>> = {
  'rate-limit': Infinity,
  server: Infinity,
  'stream-broken': Infinity,
  unreachable: 2,
  timeout: 1,
};

/** Whether the same call may succeed a little later. */
export function isPassing(error: ProviderError): boolean {
  return error.kind in mostRetries;
}

/** How long to wait before a call is made again: exponential with full jitter, and never less than the provider asked for. */
export class Backoff {
  readonly #retries: number;
  readonly #random: () => number;
  readonly #ofKind = new Map<ProviderErrorKind, number>();
  #failures = 0;

  /**
   * @param retries how often a call is made again, whatever its failures
   * @param random a number from 0 to 1
   */
  constructor(retries: number, random: () => number) {
    this.#retries = retries;
    this.#random = random;
  }

  /** How many calls have failed. */
  get failures(): number {
    return this.#failures;
  }

  /** A call has failed. `undefined`: it is not made again. */
  after({ kind, retryAfterMs = 0 }: ProviderError): number | undefined {
    this.#failures += 1;
    const failures = (this.#ofKind.get(kind) ?? 0) + 1;
    this.#ofKind.set(kind, failures);
    if (this.#failures > this.#retries || failures > (mostRetries[kind] ?? 0)) return undefined;
    const jittered = this.#random() * Math.min(mostMs, firstMs * 2 ** this.#failures);
    return Math.round(Math.max(retryAfterMs, jittered));
  }
}
