import type { LoopEvent } from '../loop/events.ts';
import type { ContinuationManager } from '../loop/continuation-manager.ts';
import {
  environmentSchema,
  modelSchema,
  type Environment,
  type FileRead,
  type ModelIdentity,
} from './schema.ts';

type Loop = Pick<ContinuationManager, 'processWithContinuation' | 'contextUse'>;
type Named = Pick<ModelIdentity, 'provider' | 'name'>;

export interface RecorderOptions {
  /** What results may depend on; called once, when the first prompt begins. */
  readonly collect: () => Promise<Environment>;
  /** Which weights a name stands for; called once for each model. Never rejects. */
  readonly identify: (model: Named) => Promise<string | undefined>;
  /** Files that code has read since the last call. */
  readonly takeFiles: () => readonly FileRead[];
}

/**
 * Gives the last event of a session's first prompt what its results may depend on. That is collected beside the prompt, and
 * no cell waits for it: one that ends before leaves it to the next. It is told again where another model answers. The last
 * event of each prompt has the files that were read.
 */
export class EnvironmentRecorder {
  readonly #o: RecorderOptions;
  readonly #models = new Map<string, ModelIdentity>();
  #collected: Environment | undefined;
  #begun = false;
  #told: string | undefined;

  constructor(options: RecorderOptions) {
    this.#o = options;
  }

  /** The same loop, whose `stop` events say it. */
  wrap(loop: Loop): Loop {
    return {
      processWithContinuation: (prompt, options) => {
        this.#begin();
        let model: Named | undefined;
        const emit = (event: LoopEvent): void => {
          if (event.type === 'turn-start' || event.type === 'source') {
            model = { provider: event.provider, name: event.model };
            this.#identify(model);
          } else if (event.type === 'turn-end' && model !== undefined && event.answered !== undefined) {
            this.#learn(model, { answered: event.answered });
          }
          options?.emit?.(event.type === 'stop' ? this.#ending(event, model) : event);
        };
        return loop.processWithContinuation(prompt, { ...options, emit });
      },
      contextUse: (signal) => loop.contextUse(signal),
    };
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#o.collect().then(
      (collected) => (this.#collected = collected),
      () => undefined, // without a Python there is nothing to record: the cell says so where it matters
    );
  }

  #identify(model: Named): void {
    const key = keyOf(model);
    if (this.#models.has(key)) return;
    this.#models.set(key, model);
    void this.#o.identify(model).then((digest) => this.#learn(model, digest === undefined ? {} : { digest }));
  }

  /** What the schema does not take is not recorded. */
  #learn(model: Named, more: Partial<ModelIdentity>): void {
    const key = keyOf(model);
    const known = modelSchema.safeParse({ ...(this.#models.get(key) ?? model), ...more }).data;
    if (known !== undefined) this.#models.set(key, known);
  }

  #ending(event: Extract<LoopEvent, { type: 'stop' }>, model: Named | undefined): LoopEvent {
    if (model === undefined) return event; // such a cell has no last line
    const files = this.#o.takeFiles();
    const environment = this.#environment(this.#models.get(keyOf(model)) ?? model);
    return { ...event, ...(environment && { environment }), ...(files.length > 0 && { files }) };
  }

  #environment(model: ModelIdentity): Environment | undefined {
    if (this.#collected === undefined) return undefined;
    const told = JSON.stringify(model);
    const environment = environmentSchema.safeParse({ ...this.#collected, model }).data;
    if (environment === undefined || told === this.#told) return undefined;
    this.#told = told;
    return environment;
  }
}

const keyOf = ({ provider, name }: Named): string => `${provider}:${name}`;
