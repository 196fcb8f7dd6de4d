import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../kernel/config.ts';
import type { Config } from '../../kernel/config.ts';
import { ProviderError } from '../../kernel/providers/contract.ts';
import type { GenerateRequest, Provider, ProviderEvent } from '../../kernel/providers/contract.ts';

/** The default configuration with some keys changed; nothing of the machine's own. */
export function configWith(changes: Partial<Config>): Config {
  return { ...loadConfig({}, join(tmpdir(), 'replique-no-such-configuration.json')), ...changes };
}

export function request(prompt: string, changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    model: 'some-model',
    messages: [{ role: 'user', content: prompt }],
    maxTokens: 32,
    temperature: 0,
    stop: [],
    signal: new AbortController().signal,
    ...changes,
  };
}

export interface Answer {
  readonly events: readonly ProviderEvent[];
  readonly text: string;
  readonly error: unknown;
}

/** Reads a generation to its end, or to what it throws. */
export async function answer(events: AsyncIterable<ProviderEvent>): Promise<Answer> {
  const seen: ProviderEvent[] = [];
  let error: unknown;
  try {
    for await (const event of events) seen.push(event);
  } catch (thrown) {
    error = thrown;
  }
  const text = seen.map((event) => (event.type === 'text' ? event.text : '')).join('');
  return { events: seen, text, error };
}

/** What a call that must fail threw. */
export async function failureOf(provider: Provider, asked: GenerateRequest): Promise<ProviderError> {
  const { error } = await answer(provider.generate(asked));
  if (error instanceof ProviderError) return error;
  throw new Error(`expected a ProviderError, got ${String(error)}`);
}
