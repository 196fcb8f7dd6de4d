import type { Provider, ProviderError } from '../contract.ts';
import { Breaker } from './breaker.ts';
import type { TimeLimits } from './time-limits.ts';

/** One provider with one key. */
export interface Target {
  readonly provider: Provider;
  readonly breaker: Breaker;
  /** It asked not to be called before. Times are those of `performance.now()`. */
  restsUntil: number;
  /** When it last answered. */
  answeredAt: number | undefined;
  lastError: ProviderError | undefined;
}

export interface RouteOptions {
  /** One for each key. */
  readonly providers: readonly [Provider, ...Provider[]];
  /** The model that was asked for; absent: the provider's own choice. */
  readonly wanted: string | undefined;
  /** Finds the model; called until it succeeds. */
  readonly chooseModel: (signal: AbortSignal) => Promise<string>;
  readonly limits: TimeLimits;
  /** It is asked over a network, so that it may go away. */
  readonly isRemote: boolean;
  /** Which key is the first. */
  readonly firstKey: number;
}

/** A way to an answer: a provider and a model, with one key or several. */
export class Route {
  readonly name: string;
  readonly limits: TimeLimits;
  readonly wanted: string | undefined;
  readonly isRemote: boolean;
  readonly canBegin: boolean;
  readonly isLocal: boolean;
  readonly targets: readonly Target[];
  readonly #chooseModel: RouteOptions['chooseModel'];
  #current: number;
  #firstTokenMs: number | undefined;
  /** Once it is known. */
  model: string | undefined;

  constructor({ providers, wanted, chooseModel, limits, isRemote, firstKey }: RouteOptions) {
    this.name = providers[0].name;
    this.canBegin = providers[0].canBegin ?? false;
    this.isLocal = providers[0].isLocal ?? false;
    this.limits = limits;
    this.isRemote = isRemote;
    this.wanted = wanted;
    this.#chooseModel = chooseModel;
    this.#current = firstKey % providers.length;
    this.targets = providers.map((provider) => ({
      provider,
      breaker: new Breaker(),
      restsUntil: 0,
      answeredAt: undefined,
      lastError: undefined,
    }));
  }

  /** As people read it. */
  get label(): string {
    const model = this.model ?? this.wanted;
    return model === undefined ? this.name : `${this.name}:${model}`;
  }

  /** The smoothed time to the first token, once measured. */
  get firstTokenMs(): number | undefined {
    return this.#firstTokenMs;
  }

  measured(firstTokenMs: number): void {
    const before = this.#firstTokenMs ?? firstTokenMs;
    this.#firstTokenMs = before + 0.3 * (firstTokenMs - before);
  }

  async findModel(signal: AbortSignal): Promise<string> {
    this.model ??= await this.#chooseModel(signal);
    return this.model;
  }

  /**
   * The key to use now: the one before as long as it can be used, for the provider has its prefixes cached; else the next
   * that can.
   */
  ready(now: number, refused: ReadonlySet<Target>): Target | undefined {
    for (let step = 0; step < this.targets.length; step += 1) {
      const at = (this.#current + step) % this.targets.length;
      const target = this.targets[at];
      if (target === undefined || refused.has(target)) continue;
      if (target.restsUntil > now || target.breaker.readyAt(now) > now) continue;
      this.#current = at;
      return target;
    }
    return undefined;
  }
}

/** The key to ask with; one that rests where all do. */
export function firstTarget(route: Route): Target {
  const target = route.ready(performance.now(), new Set()) ?? route.targets[0];
  if (target === undefined) throw new Error('A route has at least one target.');
  return target;
}
