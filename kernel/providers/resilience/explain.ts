import { ProviderError } from '../contract.ts';
import type { Route } from './route.ts';

/** The same error with more in its message or its remedy. */
function withWords(error: ProviderError, message: string, remedy = error.remedy): ProviderError {
  const { status, retryAfterMs } = error;
  return new ProviderError(error.kind, message, remedy, {
    cause: error.cause,
    ...(status !== undefined && { status }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;

/** It failed each time. */
export function afterAttempts(error: ProviderError, attempts: number): ProviderError {
  return attempts < 2 ? error : withWords(error, `${error.message} It was tried ${attempts} times.`);
}

/** The next attempt would have to wait for longer than the configuration allows. */
export function waitTooLong(error: ProviderError, waitMs: number, mostMs: number): ProviderError {
  const why = `Its next attempt would be in ${seconds(waitMs)}; a turn waits at most ${seconds(mostMs)} in all`;
  return withWords(error, error.message, `${error.remedy} ${why} (\`REPLIQUE_RETRY_SECONDS\`).`);
}

/** None of its keys may be used because each failed too often. */
export function notAsked(route: Route, now: number): ProviderError {
  const { targets } = route;
  const closes = Math.min(...targets.map(({ breaker }) => breaker.readyAt(now)));
  const last = targets.findLast(({ lastError }) => lastError !== undefined)?.lastError;
  const sentence = `${route.label} failed again and again, so it is not asked for ${seconds(Math.max(0, closes - now))}.`;
  return new ProviderError(
    last?.kind ?? 'server',
    last === undefined ? sentence : `${sentence} The last time: ${last.message}`,
    `Run the cell again then. ${last?.remedy ?? ''}`.trim(),
  );
}

/** Why one of the providers did not answer. */
export interface Problem {
  readonly route: Route;
  readonly error: ProviderError;
}

/** What the reader is told when nobody answered: what the first one said, and that the others failed, too. */
export function allFailed(problems: readonly Problem[]): ProviderError {
  const [first, ...others] = problems;
  if (first === undefined)
    return new ProviderError('server', 'No provider was asked.', 'Run the cell again.');
  if (others.length === 0) return first.error;
  const rest = others.map(({ route, error }) => `${route.label}: ${error.message}`).join(' ');
  return withWords(first.error, `${first.error.message} The fallbacks failed, too. ${rest}`);
}
