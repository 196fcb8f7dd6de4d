import type { Config } from '../config.ts';
import { secretsOf } from '../config.ts';
import { chatCompletions } from './chat-completions.ts';
import type { ChatClient } from './chat-completions.ts';
import { ProviderError } from './contract.ts';
import type { Provider } from './contract.ts';
import type { Peer } from './failures.ts';
import { addressSecrets, shownAddress } from './redact.ts';
import { sees } from './vision.ts';

const groqAddress = 'https://api.groq.com';
const defaultModel = 'llama-3.3-70b-versatile';
const keyRemedy = 'Set GROQ_API_KEY to a key from https://console.groq.com/keys.';

/** Groq's models, through its own SDK, which adds `/openai/v1` to the address. */
export function create(config: Config): Provider {
  const baseURL = config.groqBaseUrl ?? groqAddress;
  return chatCompletions({
    name: 'groq',
    peer: peerOf(config, baseURL),
    connect: () => connect(config, baseURL),
    limitKey: 'max_completion_tokens',
    known: (model) => ({ vision: sees(config, /llama-4|vision/i.test(model)) }),
  });
}

/** The configured model, or Groq's default. @throws ProviderError `auth` without a key */
export function chooseModel(config: Config): Promise<string> {
  return config.groqApiKey === undefined
    ? Promise.reject(withoutKey())
    : Promise.resolve(config.model ?? defaultModel);
}

const withoutKey = (): ProviderError =>
  new ProviderError('auth', 'Groq needs a key, and none is set.', keyRemedy);

const peerOf = (config: Config, baseURL: string): Peer => ({
  name: 'Groq',
  address: shownAddress(baseURL),
  secrets: [...secretsOf(config), ...addressSecrets(baseURL)],
  authRemedy: keyRemedy,
  unreachableRemedy: 'Check the network and GROQ_BASE_URL (without `/openai/v1`).',
  modelRemedy: () => 'Set REPLIQUE_MODEL to a model that Groq serves.',
});

async function connect(config: Config, baseURL: string): Promise<ChatClient> {
  if (config.groqApiKey === undefined) throw withoutKey();
  const { default: Groq } = await import('groq-sdk');
  const client = new Groq({ apiKey: config.groqApiKey, baseURL, maxRetries: 0, logLevel: 'off' });
  return {
    stream: (body, signal) => client.chat.completions.create(body, { signal }),
    models: (signal) => client.models.list({ signal }),
  };
}
