import type { Config } from '../config.ts';
import { secretsOf } from '../config.ts';
import { chatCompletions } from './chat-completions.ts';
import type { ChatClient } from './chat-completions.ts';
import { ProviderError } from './contract.ts';
import type { Provider } from './contract.ts';
import type { Peer } from './failures.ts';
import { addressSecrets, shownAddress } from './redact.ts';
import { sees } from './vision.ts';

const openaiAddress = 'https://api.openai.com/v1';
const defaultModel = 'gpt-4.1-mini';
const keyRemedy = 'Set OPENAI_API_KEY to the key of the endpoint.';

/** Context lengths that OpenAI documents but its model list does not tell. */
const families: readonly { readonly pattern: RegExp; readonly contextLength: number }[] = [
  { pattern: /^gpt-4\.1/, contextLength: 1_047_576 },
  { pattern: /^gpt-4o/, contextLength: 128_000 },
  { pattern: /^gpt-5/, contextLength: 400_000 },
];

/** OpenAI itself or any endpoint that speaks its chat completions (vLLM, llama.cpp, LM Studio, OpenRouter, …). */
export function create(config: Config): Provider {
  const baseURL = config.openaiBaseUrl ?? openaiAddress;
  return chatCompletions({
    name: 'openai',
    peer: peerOf(config, baseURL),
    connect: () => connect(config, baseURL),
    limitKey: config.openaiBaseUrl === undefined ? 'max_completion_tokens' : 'max_tokens',
    known(model) {
      const family = families.find((row) => row.pattern.test(model));
      return {
        vision: sees(config, family !== undefined),
        ...(family && { contextLength: family.contextLength }),
      };
    },
  });
}

/**
 * The configured model; OpenAI's default; or, of another endpoint, the first that it lists.
 * @throws ProviderError `auth` without a key for OpenAI itself, `model-missing` when an endpoint lists none
 */
export async function chooseModel(config: Config, provider: Provider, signal: AbortSignal): Promise<string> {
  if (config.openaiApiKey === undefined && config.openaiBaseUrl === undefined) throw withoutKey();
  const model =
    config.model ??
    (config.openaiBaseUrl === undefined ? defaultModel : (await provider.listModels(signal))[0]);
  if (model !== undefined) return model;
  const address = shownAddress(config.openaiBaseUrl ?? openaiAddress);
  throw new ProviderError('model-missing', `The endpoint ${address} lists no model.`, 'Set REPLIQUE_MODEL.');
}

const withoutKey = (): ProviderError =>
  new ProviderError('auth', 'OpenAI needs a key, and none is set.', keyRemedy);

const peerOf = (config: Config, baseURL: string): Peer => ({
  name: config.openaiBaseUrl === undefined ? 'OpenAI' : 'The endpoint',
  address: shownAddress(baseURL),
  secrets: [...secretsOf(config), ...addressSecrets(baseURL)],
  authRemedy: keyRemedy,
  unreachableRemedy: 'Check the network and OPENAI_BASE_URL (most endpoints end in `/v1`).',
  modelRemedy: () => 'Set REPLIQUE_MODEL to a model that the endpoint serves.',
});

async function connect(config: Config, baseURL: string): Promise<ChatClient> {
  if (config.openaiApiKey === undefined && config.openaiBaseUrl === undefined) throw withoutKey();
  const { default: OpenAI } = await import('openai');
  const client = new OpenAI({
    apiKey: config.openaiApiKey ?? 'none',
    baseURL,
    maxRetries: 0,
    logLevel: 'off',
  });
  return {
    stream: (body, signal) => client.chat.completions.create(body, { signal }),
    models: (signal) => client.models.list({ signal }),
  };
}
