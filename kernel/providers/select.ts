import type { Config, ProviderName } from '../config.ts';
import { ProviderError } from './contract.ts';
import type { Provider } from './contract.ts';
import { shownAddress } from './redact.ts';

/** What a provider's file exports. */
interface ProviderModule {
  create(config: Config): Provider;
  /** The model to use: the configured one or a default. Without it, the first that the provider lists. */
  chooseModel?(config: Config, provider: Provider, signal: AbortSignal): Promise<string>;
}

type Name = Exclude<ProviderName, 'auto'>;

/** Each provider is loaded when it is chosen, not before. */
const modules: Readonly<Record<Name, () => Promise<ProviderModule>>> = {
  ollama: () => import('./ollama.ts'),
  groq: () => import('./groq.ts'),
  openai: () => import('./openai.ts'),
  embedded: () => import('./embedded.ts'),
  mock: () => import('./mock.ts'),
};

/** A chosen provider; the caller closes it. */
export interface Selection {
  readonly provider: Provider;
  readonly model: string;
  /** Why this one, in a sentence, for the system check. */
  readonly reason: string;
}

/** How long a machine's own Ollama may take to list its models before it counts as absent. */
const probeMs = 1000;

/**
 * The provider that the configuration names, or, with `auto`, the first of: a reachable Ollama with a suitable model,
 * Groq with a key, the embedded model.
 * @throws ProviderError when the named provider has no key, can't be reached or lacks the model; the reason of
 *   `signal` when that is aborted
 */
export async function selectProvider(config: Config, signal: AbortSignal): Promise<Selection> {
  signal.throwIfAborted();
  try {
    return await choose(config, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

async function choose(config: Config, signal: AbortSignal): Promise<Selection> {
  const name = config.provider;
  if (name !== 'auto') return start(name, config, `The provider "${name}" is configured.`, signal);
  const ollama = await probeOllama(config, signal);
  if (!(ollama instanceof ProviderError)) return ollama;
  if (config.groqApiKey !== undefined) return start('groq', config, 'GROQ_API_KEY is set.', signal);
  const absent = ollama.kind === 'model-missing' ? ollama.message.replace(/\.$/, '') : 'No Ollama';
  return start('embedded', config, `${absent} and no key: the embedded model.`, signal);
}

async function probeOllama(config: Config, signal: AbortSignal): Promise<Selection | ProviderError> {
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(probeMs)]);
    const selection = await start('ollama', config, '', limited);
    return { ...selection, reason: `Ollama at ${shownAddress(config.ollamaHost)} has ${selection.model}.` };
  } catch (error) {
    if (error instanceof ProviderError && !signal.aborted) return error;
    throw error;
  }
}

async function start(name: Name, config: Config, reason: string, signal: AbortSignal): Promise<Selection> {
  const module = await modules[name]();
  const provider = module.create(config);
  try {
    const model =
      (await module.chooseModel?.(config, provider, signal)) ??
      config.model ??
      (await provider.listModels(signal))[0];
    if (model !== undefined) return { provider, model, reason };
    throw new ProviderError('model-missing', `The provider "${name}" has no model.`, 'Set REPLIQUE_MODEL.');
  } catch (error) {
    await provider.close();
    throw error;
  }
}
