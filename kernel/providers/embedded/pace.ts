import { loadavg } from 'node:os';
import type { Llama } from './llama.ts';
import { ThreadTuner } from './thread-tuner.ts';

/** Times the steps of a computation; `step` is told how many tokens the step just done had. */
export interface Pace {
  step(tokens: number): void;
}

/** How many threads a model host computes with: a fixed number, or what turns out to be fastest. */
export class Pacing {
  readonly #llama: Llama;
  /** Most threads that are ever used. */
  readonly most: number;
  readonly #tuners: { readonly prompt: ThreadTuner; readonly token: ThreadTuner } | undefined;

  /** @param fixed number of threads; 0: find out, up to one for each core that is useful for it */
  constructor(llama: Llama, fixed: number) {
    this.#llama = llama;
    this.most = fixed === 0 ? llama.cpuMathCores : fixed;
    llama.maxThreads = this.most;
    if (fixed !== 0) return;
    const busy = (loadavg()[0] ?? 0) > this.most;
    this.#tuners = { prompt: new ThreadTuner(this.most, busy), token: new ThreadTuner(this.most, busy) };
  }

  /** Begins to time: portions of a prompt, or tokens one by one. */
  start(kind: 'prompt' | 'token'): Pace {
    const tuner = this.#tuners?.[kind];
    if (tuner === undefined) return { step: () => undefined };
    this.#llama.maxThreads = tuner.threads;
    let last = performance.now();
    return {
      step: (tokens) => {
        const now = performance.now();
        tuner.record((now - last) / tokens);
        last = now;
        this.#llama.maxThreads = tuner.threads;
      },
    };
  }
}
