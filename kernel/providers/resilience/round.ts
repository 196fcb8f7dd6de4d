import type { ProviderError } from '../contract.ts';
import { Backoff } from './backoff.ts';
import { afterAttempts, notAsked } from './explain.ts';
import type { Route, Target } from './route.ts';

/** What is next with one provider: which key, or how long to wait, or nothing more. */
export class Round {
  readonly #route: Route;
  readonly #backoff: Backoff;
  /** Keys that the provider does not take. */
  readonly #refused = new Set<Target>();
  /** Keys that have failed since the last wait. */
  readonly #tried = new Set<Target>();
  #error: ProviderError | undefined;
  #hasFreshKey = false;

  constructor(route: Route, retries: number, random: () => number) {
    this.#route = route;
    this.#backoff = new Backoff(retries, random);
  }

  next(): Target | undefined {
    return this.#route.ready(performance.now(), this.#refused);
  }

  failed(target: Target, error: ProviderError): void {
    this.#error = error;
    this.#tried.add(target);
    if (error.kind === 'auth') this.#refused.add(target);
    const isOfKey = error.kind === 'auth' || error.kind === 'rate-limit';
    const tried = new Set([...this.#refused, ...this.#tried]);
    this.#hasFreshKey = isOfKey && this.#route.ready(performance.now(), tried) !== undefined;
  }

  /** How long to wait before `next`; `undefined`: it is of no use. With the error that is the reason. */
  pause(): { readonly error: ProviderError; readonly pauseMs: number | undefined } {
    const error = this.#error;
    if (error === undefined) return this.#untilRested();
    this.#error = undefined;
    if (this.#hasFreshKey) return { error, pauseMs: 0 };
    this.#tried.clear();
    const pauseMs = this.#backoff.after(error);
    return pauseMs === undefined
      ? { error: afterAttempts(error, this.#backoff.failures), pauseMs }
      : { error, pauseMs };
  }

  /** No key may be used now: those that asked for a rest will be; those that failed too often are not waited for. */
  #untilRested(): { readonly error: ProviderError; readonly pauseMs: number | undefined } {
    const now = performance.now();
    const resting = this.#route.targets
      .filter((target) => !this.#refused.has(target) && target.breaker.readyAt(now) <= now)
      .toSorted((a, b) => a.restsUntil - b.restsUntil);
    const [soonest] = resting;
    if (soonest?.lastError === undefined) return { error: notAsked(this.#route, now), pauseMs: undefined };
    return { error: soonest.lastError, pauseMs: Math.ceil(soonest.restsUntil - now) };
  }
}
