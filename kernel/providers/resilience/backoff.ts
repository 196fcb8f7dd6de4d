import type { ProviderError, ProviderErrorKind } from '../contract.ts';

const firstMs = 500;
const mostMs = 20_000;

/** How often a call that failed like this is tried again at most. For kinds that are not here nothing would change. */
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

/**
 * How long to wait before a call is made again: exponential with full jitter, and never less than the provider asked
 * for. `undefined`: it is not made again.
 * @param failures how many calls have failed, this one included
 * @param random a number from 0 to 1
 */
export function backoff(
  error: ProviderError,
  failures: number,
  retries: number,
  random: () => number,
): number | undefined {
  if (failures > Math.min(retries, mostRetries[error.kind] ?? 0)) return undefined;
  const jittered = random() * Math.min(mostMs, firstMs * 2 ** failures);
  return Math.round(Math.max(error.retryAfterMs ?? 0, jittered));
}
