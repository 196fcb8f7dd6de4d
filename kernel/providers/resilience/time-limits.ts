import { ProviderError } from '../contract.ts';
import type { ProviderEvent } from '../contract.ts';

export interface TimeLimits {
  readonly firstTokenMs: number;
  readonly tokenGapMs: number;
}

export interface LimitedCall {
  readonly open: (signal: AbortSignal) => AsyncIterable<ProviderEvent>;
  readonly signal: AbortSignal;
  readonly limits: TimeLimits;
  /** When the turn ends, by `performance.now()`. */
  readonly deadline: number;
  /** Who is asked, as errors name it. */
  readonly who: string;
}

/** How long a stream that was told to end may go on to say what it used. */
const graceMs = 1000;
const late = Symbol('late');

/**
 * A generation that ends with a ProviderError `timeout` when the provider is silent for too long, and aborts the stream
 * below. Whatever comes counts as life, and the time in which nobody reads does not count.
 */
export async function* withinLimits(call: LimitedCall): AsyncGenerator<ProviderEvent, void, undefined> {
  const { signal, limits, deadline, who } = call;
  const below = new AbortController();
  const events = call.open(AbortSignal.any([signal, below.signal]))[Symbol.asyncIterator]();
  let begun = false;
  try {
    for (;;) {
      const silenceMs: number = begun ? limits.tokenGapMs : limits.firstTokenMs;
      const leftMs = deadline - performance.now();
      const next = await beforeTime(events.next(), Math.max(0, Math.min(silenceMs, leftMs)), signal);
      if (next === late) {
        if (signal.aborted) return;
        throw leftMs <= silenceMs ? tookTooLong(who) : silent(who, silenceMs, begun);
      }
      if (next.done === true) return;
      begun ||= next.value.type === 'text';
      yield next.value;
    }
  } finally {
    below.abort();
    events.return?.().catch(() => undefined);
  }
}

async function beforeTime<T>(promise: Promise<T>, ms: number, signal: AbortSignal): Promise<T | typeof late> {
  promise.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  let shorten = (): void => undefined;
  const timeout = new Promise<typeof late>((resolve) => {
    const end = (): void => resolve(late);
    shorten = () => {
      clearTimeout(timer);
      timer = setTimeout(end, Math.min(ms, graceMs));
    };
    timer = setTimeout(end, signal.aborted ? Math.min(ms, graceMs) : ms);
  });
  signal.addEventListener('abort', shorten, { once: true });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', shorten);
  }
}

function silent(who: string, ms: number, begun: boolean): ProviderError {
  const time = `${Math.round(ms / 1000)} s`;
  return begun
    ? timeoutError(`${who} paused for ${time} in its answer`, 'between tokens', 'REPLIQUE_TOKEN_GAP_SECONDS')
    : timeoutError(
        `${who} did not begin to answer in ${time}`,
        'first token',
        'REPLIQUE_FIRST_TOKEN_SECONDS',
      );
}

/** The error of a turn that is over its time. */
export function tookTooLong(who: string): ProviderError {
  return timeoutError(`${who} did not end the turn in time`, 'whole turn', 'REPLIQUE_TURN_SECONDS');
}

function timeoutError(what: string, limit: string, variable: string): ProviderError {
  return new ProviderError(
    'timeout',
    `${what} (time limit: ${limit}).`,
    `Run the cell again; \`${variable}\` allows more.`,
  );
}
