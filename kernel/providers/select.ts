import type { Config } from '../config.ts';
import { ProviderError } from './contract.ts';
import type { Provider } from './contract.ts';
import { createProviders } from './create.ts';
import type { ConcreteName } from './create.ts';
import { shownAddress } from './redact.ts';

/** A chosen provider; the caller closes it. Of several keys it has the first. */
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

async function start(
  name: ConcreteName,
  config: Config,
  reason: string,
  signal: AbortSignal,
): Promise<Selection> {
  const [created] = await createProviders(name, config);
  try {
    return { provider: created.provider, model: await created.chooseModel(signal), reason };
  } catch (error) {
    await created.provider.close();
    throw error;
  }
}
