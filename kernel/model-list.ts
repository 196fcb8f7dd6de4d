import type { Config } from './config.ts';
import { loadPrices } from './economy/prices.ts';
import type { ModelFacts, Models } from './interpreter/magics/contract.ts';
import type { Provider } from './providers/contract.ts';
import { createProviders, isProviderName, type ConcreteName } from './providers/create.ts';
import { addressOf } from './spending.ts';

const askMs = 2000;
/** A list is asked for again after so long; one that did not come sooner. */
const freshMs = 60_000;
const absentMs = 10_000;
const mostModels = 500;
const longestName = 200;

interface Listed {
  readonly until: number;
  readonly models: Promise<readonly string[]>;
}

/** The models of the providers that this configuration can ask. Nothing is asked for before the first question. */
export function createModelList(config: Config): Models {
  const lists = new Map<ConcreteName, Listed>();
  const listOf = (name: ConcreteName): Promise<readonly string[]> => {
    const known = lists.get(name);
    if (known !== undefined && known.until > performance.now()) return known.models;
    const models = withProvider(config, name, (provider, signal) => provider.listModels(signal));
    const given = models.then((found) => found ?? []);
    lists.set(name, { until: performance.now() + freshMs, models: given });
    void models.then((found) => {
      if (found === undefined) lists.set(name, { until: performance.now() + absentMs, models: given });
    });
    return given;
  };
  return {
    list: async () => {
      const names = askable(config);
      const found = await Promise.all(names.map((name) => listOf(name)));
      return found.flatMap((models, index) =>
        models
          .filter((model) => model.length <= longestName)
          .slice(0, mostModels)
          .map((model) => `${names[index] ?? ''}:${model}`),
      );
    },
    about: async (asked) => {
      const [, name = '', model = ''] = /^([a-z]+):(.+)$/.exec(asked) ?? [];
      if (!isProviderName(name) || !askable(config).includes(name)) return undefined;
      if (!(await listOf(name)).includes(model)) return undefined;
      return withProvider(config, name, (provider, signal) => factsOf(config, provider, model, signal));
    },
  };
}

/** Those that are configured, or that `auto` may choose, and the fallbacks. */
function askable({ provider, fallback, groqApiKey }: Config): readonly ConcreteName[] {
  const chosen: readonly ConcreteName[] =
    provider === 'auto'
      ? ['ollama', ...(groqApiKey === undefined ? [] : (['groq'] as const)), 'embedded']
      : [provider];
  const others = fallback.map((entry) => entry.split(':')[0] ?? '').filter(isProviderName);
  return [...new Set([...chosen, ...others])];
}

/** What a provider says within a short time; `undefined` where it does not. */
async function withProvider<T>(
  config: Config,
  name: ConcreteName,
  ask: (provider: Provider, signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const [{ provider }] = await createProviders(name, config);
  try {
    return await ask(provider, AbortSignal.timeout(askMs));
  } catch {
    return undefined;
  } finally {
    await provider.close();
  }
}

async function factsOf(
  config: Config,
  provider: Provider,
  model: string,
  signal: AbortSignal,
): Promise<ModelFacts> {
  const { contextLength, contextLengthKnown, vision } = await provider.modelInfo(model, signal);
  return {
    contextLength,
    isGuess: !contextLengthKnown,
    vision,
    price: await priceOf(config, provider, model),
  };
}

async function priceOf(config: Config, provider: Provider, model: string): Promise<string> {
  const prices = await loadPrices(provider.isLocal !== true, config.prices);
  const place = { provider: provider.name, model, address: addressOf(provider.name, config) };
  const perMillion = (kind: 'inputTokens' | 'outputTokens'): number | undefined => {
    const none = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 };
    const thousand = prices(place, { ...none, [kind]: 1000 });
    return thousand === undefined ? undefined : thousand * 1000;
  };
  const [read, written] = [perMillion('inputTokens'), perMillion('outputTokens')];
  if (read === undefined || written === undefined) return 'no price known';
  if (read === 0 && written === 0) return 'costs nothing';
  const dollars = (amount: number): string => `$${Number(amount.toPrecision(3))}`;
  return `${dollars(read)} for a million tokens read, ${dollars(written)} for a million written`;
}
