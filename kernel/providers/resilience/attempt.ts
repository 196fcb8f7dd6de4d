import { ProviderError } from '../contract.ts';
import type { GenerateRequest, ProviderEvent, Usage } from '../contract.ts';
import { isPassing } from './backoff.ts';
import { probe } from './probe.ts';
import type { Route, Target } from './route.ts';
import type { Spent } from './spent.ts';
import { withinLimits } from './time-limits.ts';

type Stop = Extract<ProviderEvent, { type: 'stop' }>;
type Telling = Extract<ProviderEvent, { type: 'text' | 'notice' }>;

/** How an attempt ended. */
export type Ended =
  { readonly stop: Stop['reason']; readonly answered?: string } | { readonly error: ProviderError };

export interface Attempt {
  readonly route: Route;
  readonly target: Target;
  readonly request: GenerateRequest;
  /** When the turn ends, by `performance.now()`. */
  readonly deadline: number;
  readonly spent: Spent;
}

/** One call of one provider: passes its text and notices on, counts what it used, and keeps the books of its target. */
export async function* attempt(options: Attempt): AsyncGenerator<Telling, Ended, undefined> {
  const { route, target, request, deadline, spent } = options;
  const { signal } = request;
  const started = performance.now();
  let text = '';
  let said: Usage | undefined;
  let stop: Stop | undefined;
  let failure: ProviderError | undefined;
  target.breaker.begin();
  try {
    await probe(route, target, signal);
    const model = await route.findModel(signal);
    const events = withinLimits({
      open: (limited) => target.provider.generate({ ...request, model, signal: limited }),
      signal,
      limits: route.limits,
      deadline,
      who: route.label,
    });
    for await (const event of events) {
      if (event.type === 'usage') said = event.usage;
      else if (event.type === 'stop') stop = event;
      else if (event.type === 'notice') yield event;
      else if (event.type === 'text') {
        if (text === '') route.measured(performance.now() - started);
        text += event.text;
        yield event;
      }
    }
    if (stop === undefined && !signal.aborted) throw brokenOff(route.label);
  } catch (error) {
    if (!signal.aborted) {
      if (!(error instanceof ProviderError)) throw error;
      failure = error;
    }
  } finally {
    const isUnasked = signal.aborted && text === '' && said === undefined && stop === undefined;
    if (!isUnasked) spent.add(said, text, failure);
    keepBooks(target, failure, text !== '' || (stop !== undefined && stop.reason !== 'aborted'));
  }
  if (failure !== undefined) return { error: failure };
  return {
    stop: stop?.reason ?? 'aborted',
    ...(stop?.answered !== undefined && { answered: stop.answered }),
  };
}

function keepBooks(target: Target, failure: ProviderError | undefined, hasAnswered: boolean): void {
  const now = performance.now();
  if (failure === undefined) {
    if (hasAnswered) {
      target.answeredAt = now;
      target.breaker.succeeded();
    } else target.breaker.released();
    return;
  }
  target.lastError = failure;
  if (failure.kind === 'rate-limit') target.restsUntil = now + (failure.retryAfterMs ?? 0);
  if (isPassing(failure)) target.breaker.failed(now);
  else target.breaker.released();
}

function brokenOff(label: string): ProviderError {
  return new ProviderError(
    'stream-broken',
    `${label} broke off its answer.`,
    'Run the cell again; `%check` checks the provider.',
  );
}
