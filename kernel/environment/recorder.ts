import type { LoopEvent } from '../loop/events.ts';
import type { ContinuationManager } from '../loop/continuation-manager.ts';
import { environmentSchema, type Environment } from './schema.ts';

type Loop = Pick<ContinuationManager, 'processWithContinuation' | 'contextUse'>;

/**
 * Gives the last event of a session's first prompt what its results may depend on. That is collected beside the prompt, and
 * no cell waits for it: one that ends before leaves it to the next. It is told again where another model answers.
 */
export class EnvironmentRecorder {
  readonly #collect: () => Promise<Environment>;
  #collected: Environment | undefined;
  #begun = false;
  #told: string | undefined;

  /** @param collect called once, when the first prompt begins */
  constructor(collect: () => Promise<Environment>) {
    this.#collect = collect;
  }

  /** The same loop, whose `stop` events say it. */
  wrap(loop: Loop): Loop {
    return {
      processWithContinuation: (prompt, options) => {
        this.#begin();
        let model: Environment['model'];
        const emit = (event: LoopEvent): void => {
          if (event.type === 'turn-start' || event.type === 'source') {
            model = { provider: event.provider, name: event.model };
          }
          options?.emit?.(event.type === 'stop' ? this.#withEnvironment(event, model) : event);
        };
        return loop.processWithContinuation(prompt, { ...options, emit });
      },
      contextUse: (signal) => loop.contextUse(signal),
    };
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#collect().then(
      (collected) => (this.#collected = collected),
      () => undefined, // without a Python there is nothing to record: the cell says so where it matters
    );
  }

  #withEnvironment(event: Extract<LoopEvent, { type: 'stop' }>, model: Environment['model']): LoopEvent {
    if (this.#collected === undefined || model === undefined) return event;
    const told = JSON.stringify(model);
    const environment = environmentSchema.safeParse({ ...this.#collected, model }).data;
    if (environment === undefined || told === this.#told) return event;
    this.#told = told;
    return { ...event, environment };
  }
}
