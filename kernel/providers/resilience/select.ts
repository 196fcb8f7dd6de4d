import type { Config } from '../../config.ts';
import { ProviderError, type Provider } from '../contract.ts';
import { createProviders, isRemote } from '../create.ts';
import type { ConcreteName } from '../create.ts';
import { selectProvider } from '../select.ts';
import type { Selection } from '../select.ts';
import type { PriceOf } from './order.ts';
import { ResilientProvider } from './resilient.ts';
import { Route } from './route.ts';
import type { TimeLimits } from './time-limits.ts';

/** Services answer soon or not at all; a model on somebody's own machine may need minutes. */
const ofService: TimeLimits = { firstTokenMs: 120_000, tokenGapMs: 60_000 };
const ofMachine: TimeLimits = { firstTokenMs: 1_800_000, tokenGapMs: 600_000 };

export interface ResilienceOptions {
  readonly priceOf: PriceOf;
  /** Puts before each provider what counts its calls. */
  readonly metered?: (provider: Provider) => Provider;
  /** From 0 to 1; absent: `Math.random`. */
  readonly random?: () => number;
}

/**
 * The provider that `selectProvider` chooses, with all its keys, the configured fallbacks, retries and time limits. Where
 * it can't be had, the first fallback that can be had stands for it, and it is asked again with every turn.
 * @throws ProviderError the chosen provider's, where no fallback can be had either
 */
export async function selectResilient(
  config: Config,
  signal: AbortSignal,
  { priceOf, metered = (provider) => provider, random = Math.random }: ResilienceOptions,
): Promise<Selection> {
  const means = { metered, random };
  const fallbacks = await Promise.all(config.fallback.map((entry) => fallbackRoute(entry, config, means)));
  const { selection, primary, nominal } = await begin(config, signal, fallbacks, means);
  const isOther = (route: Route): boolean =>
    route === nominal ||
    route.name !== primary.name ||
    (route.wanted !== undefined && route.wanted !== primary.model);
  const routes = [primary, ...fallbacks.filter(isOther)] as const;
  const provider = new ResilientProvider({
    ...{ routes, nominal, priceOf, random },
    order: config.providerOrder,
    retries: config.retries,
    retryMs: config.retrySeconds * 1000,
    turnMs: config.turnSeconds * 1000,
  });
  const others = routes.slice(1).map(({ label }) => label);
  const reason =
    others.length === 0 ? selection.reason : `${selection.reason} Fallback: ${others.join(', ')}.`;
  return { provider, model: selection.model, reason };
}

type Means = Required<Pick<ResilienceOptions, 'metered' | 'random'>>;

interface Beginning {
  readonly selection: Omit<Selection, 'provider'>;
  readonly primary: Route;
  readonly nominal: Route;
}

async function begin(
  config: Config,
  signal: AbortSignal,
  fallbacks: readonly Route[],
  means: Means,
): Promise<Beginning> {
  try {
    const { provider, model, reason } = await selectProvider(config, signal);
    await provider.close();
    const primary = await routeTo(provider.name as ConcreteName, { ...config, model }, means);
    primary.model = model;
    return { selection: { model, reason }, primary, nominal: primary };
  } catch (error) {
    if (signal.aborted || config.provider === 'auto' || !(error instanceof ProviderError)) throw error;
    for (const nominal of fallbacks) {
      const model = await nominal.findModel(signal).catch(() => undefined);
      signal.throwIfAborted();
      if (model === undefined) continue;
      const primary = await routeTo(config.provider, config, means);
      return { selection: { model, reason: `${error.message} So a fallback is used.` }, primary, nominal };
    }
    throw error;
  }
}

function fallbackRoute(entry: string, config: Config, means: Means): Promise<Route> {
  const colon = entry.indexOf(':');
  const name = (colon === -1 ? entry : entry.slice(0, colon)) as ConcreteName;
  const own: Config = { ...config };
  delete (own as { model?: string }).model;
  return routeTo(name, colon === -1 ? own : { ...own, model: entry.slice(colon + 1) }, means);
}

async function routeTo(name: ConcreteName, config: Config, { metered, random }: Means): Promise<Route> {
  const created = await createProviders(name, config);
  const [first, ...others] = created;
  const isService = name === 'groq' || (name === 'openai' && config.openaiBaseUrl === undefined);
  const { firstTokenMs, tokenGapMs } = isService ? ofService : ofMachine;
  return new Route({
    providers: [metered(first.provider), ...others.map(({ provider }) => metered(provider))],
    wanted: config.model,
    chooseModel: (signal) => first.chooseModel(signal),
    limits: {
      firstTokenMs: config.firstTokenSeconds === undefined ? firstTokenMs : config.firstTokenSeconds * 1000,
      tokenGapMs: config.tokenGapSeconds === undefined ? tokenGapMs : config.tokenGapSeconds * 1000,
    },
    isRemote: isRemote(name),
    firstKey: Math.floor(random() * created.length),
  });
}
