import type { Config, ProviderName } from '../config.ts';
import { separateKeys } from './api-keys.ts';
import { ProviderError } from './contract.ts';
import type { Provider } from './contract.ts';

/** What a provider's file exports. */
interface ProviderModule {
  create(config: Config): Provider;
  /** The model to use: the configured one or a default. Without it, the first that the provider lists. */
  chooseModel?(config: Config, provider: Provider, signal: AbortSignal): Promise<string>;
}

/** A provider's name, where one has been chosen. */
export type ConcreteName = Exclude<ProviderName, 'auto'>;

const remote: ReadonlySet<string> = new Set<ConcreteName>(['ollama', 'groq', 'openai']);

/** The provider of that name is reached over a network, so that it may go away. */
export const isRemote = (name: string): boolean => remote.has(name);

/** Each provider is loaded when it is chosen, not before. */
const modules: Readonly<Record<ConcreteName, () => Promise<ProviderModule>>> = {
  ollama: () => import('./ollama.ts'),
  groq: () => import('./groq.ts'),
  openai: () => import('./openai.ts'),
  embedded: () => import('./embedded.ts'),
  mock: () => import('./mock.ts'),
};

/** The names that a provider can be asked for by. */
export const providerNames: readonly string[] = Object.keys(modules);

export const isProviderName = (name: string): name is ConcreteName => providerNames.includes(name);

const keyOf: Partial<Record<ConcreteName, 'groqApiKey' | 'openaiApiKey'>> = {
  groq: 'groqApiKey',
  openai: 'openaiApiKey',
};

/** A provider with one of its keys; the caller closes it. */
export interface Created {
  readonly provider: Provider;
  /** @throws ProviderError where it has no key, can't be reached or lacks the model */
  chooseModel(signal: AbortSignal): Promise<string>;
}

/** The provider, once for each of its keys, or once where it has none. */
export async function createProviders(
  name: ConcreteName,
  config: Config,
): Promise<readonly [Created, ...Created[]]> {
  const module = await modules[name]();
  const setting = keyOf[name];
  const [key, ...others] = setting === undefined ? [] : separateKeys(config[setting]);
  const one = (own: Config): Created => {
    const provider = module.create(own);
    return { provider, chooseModel: (signal) => chooseModel(module, own, provider, signal) };
  };
  if (setting === undefined || key === undefined) return [one(config)];
  return [one({ ...config, [setting]: key }), ...others.map((other) => one({ ...config, [setting]: other }))];
}

async function chooseModel(
  module: ProviderModule,
  config: Config,
  provider: Provider,
  signal: AbortSignal,
): Promise<string> {
  const model =
    (await module.chooseModel?.(config, provider, signal)) ??
    config.model ??
    (await provider.listModels(signal))[0];
  if (model !== undefined) return model;
  throw new ProviderError(
    'model-missing',
    `The provider "${provider.name}" has no model.`,
    'Set REPLIQUE_MODEL.',
  );
}
