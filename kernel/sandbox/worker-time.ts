/** Why a helper was stopped from outside. */
export type StopReason = 'interrupted' | 'timeout';

/** Says when a helper has to stop: when its signal is aborted, or when its time is up. The first reason wins. */
export class Clock {
  readonly stopped: Promise<StopReason>;
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.#end('interrupted');
  #resolve!: (reason: StopReason) => void;
  #reason: StopReason | undefined;
  #timer: NodeJS.Timeout | undefined;
  #leftMs = Infinity;
  #since = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.stopped = new Promise((resolve) => (this.#resolve = resolve));
    if (signal.aborted) this.#end('interrupted');
    signal.addEventListener('abort', this.#onAbort);
  }

  get reason(): StopReason | undefined {
    return this.#reason;
  }

  /** Starts the time limit. */
  limit(ms: number): void {
    this.#leftMs = ms;
    this.go();
  }

  pause(): void {
    clearTimeout(this.#timer);
    this.#leftMs -= performance.now() - this.#since;
  }

  go(): void {
    this.#since = performance.now();
    const longest = 2 ** 31 - 1;
    this.#timer = setTimeout(() => this.#end('timeout'), Math.min(longest, Math.max(0, this.#leftMs)));
  }

  /** Forgets the timer and the signal. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  #end(reason: StopReason): void {
    this.#reason ??= reason;
    this.#resolve(this.#reason);
  }
}

/** The wall time that all code of a session may take together. */
export class SessionTime {
  readonly allowedMs: number;
  #spentMs = 0;

  constructor(allowedMs: number) {
    this.allowedMs = allowedMs;
  }

  get leftMs(): number {
    return this.allowedMs - this.#spentMs;
  }

  spend(ms: number): void {
    this.#spentMs += ms;
  }
}

/** The promise's value, or `undefined` if it takes longer than that. */
export async function settledWithin<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
