import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Config } from '../../kernel/config.ts';
import { selectProvider } from '../../kernel/providers/select.ts';
import type { Selection } from '../../kernel/providers/select.ts';
import { httpPeer } from '../support/http-peer.ts';
import type { HttpPeer } from '../support/http-peer.ts';
import { ollamaReplayPeer } from '../support/ollama-replay-peer.ts';
import { configWith } from '../support/provider-tools.ts';

const groqApiKey = 'gsk_0123456789abcdef';
const signal = AbortSignal.timeout(120_000);
const select = (changes: Partial<Config>): Promise<Selection> => selectProvider(configWith(changes), signal);

let ollama: HttpPeer;
let useless: HttpPeer;
let silent: HttpPeer;
let nobody: string;
beforeAll(async () => {
  ollama = await ollamaReplayPeer({ models: [{ name: 'qwen2.5-coder:7b', size: 1e9 }] });
  useless = await ollamaReplayPeer({ models: [{ name: 'nomic-embed-text:latest' }] });
  silent = await httpPeer(() => undefined);
  const gone = await httpPeer(() => undefined);
  await gone.close();
  nobody = gone.url;
});
afterAll(() => Promise.all([ollama, useless, silent].map((peer) => peer.close())));

describe('nothing is configured', () => {
  test('a reachable Ollama with a suitable model comes first', async () => {
    const { provider, model, reason } = await select({ ollamaHost: ollama.url, groqApiKey });
    expect([provider.name, model]).toEqual(['ollama', 'qwen2.5-coder:7b']);
    expect(reason).toBe(`Ollama at ${ollama.url} has qwen2.5-coder:7b.`);
  });

  test.each([
    ['no Ollama', () => nobody],
    ['an Ollama without a suitable model', () => useless.url],
    ['an Ollama that does not answer', () => silent.url],
  ])('%s: then Groq, if there is a key', async (_case, host) => {
    const { provider, model, reason } = await select({ ollamaHost: host(), groqApiKey });
    expect([provider.name, model]).toEqual(['groq', 'llama-3.3-70b-versatile']);
    expect(reason).toBe('GROQ_API_KEY is set.');
  });

  test.each([
    ['no Ollama', () => nobody, () => 'No Ollama'],
    ['a useless one', () => useless.url, () => `Ollama at ${useless.url} has no suitable model`],
  ])('%s and no key: the embedded model', async (_case, host, why) => {
    const { provider, model, reason } = await select({ ollamaHost: host() });
    expect(provider.name).toBe('embedded');
    expect(model).toBe((await provider.listModels(signal))[0]);
    expect(reason).toBe(`${why()} and no key: the embedded model.`);
  });

  test('an Ollama without the configured model is passed over', async () => {
    const { provider, model } = await select({ ollamaHost: ollama.url, groqApiKey, model: 'llama-guard' });
    expect([provider.name, model]).toEqual(['groq', 'llama-guard']);
  });
});

describe('a provider is configured', () => {
  test('it is taken, and that is said', async () => {
    const { provider, model, reason } = await select({ provider: 'mock', ollamaHost: ollama.url });
    expect([provider.name, model]).toEqual(['mock', 'mock']);
    expect(reason).toBe('The provider "mock" is configured.');
  });

  test('a missing key is an error, not another provider', async () => {
    await expect(select({ provider: 'groq', ollamaHost: ollama.url })).rejects.toMatchObject({
      kind: 'auth',
    });
    await expect(select({ provider: 'openai', ollamaHost: ollama.url })).rejects.toMatchObject({
      kind: 'auth',
    });
  });

  test('so is an Ollama that is down, or lacks the model', async () => {
    await expect(select({ provider: 'ollama', ollamaHost: nobody, groqApiKey })).rejects.toMatchObject({
      kind: 'unreachable',
      remedy: expect.stringContaining('ollama serve') as string,
    });
    await expect(
      select({ provider: 'ollama', ollamaHost: ollama.url, model: 'absent' }),
    ).rejects.toMatchObject({
      kind: 'model-missing',
      remedy: expect.stringContaining('qwen2.5-coder:7b') as string,
    });
  });
});

test('an abort ends the search', async () => {
  const config = configWith({ ollamaHost: silent.url, groqApiKey });
  const reason = new Error('enough');
  await expect(selectProvider(config, AbortSignal.abort(reason))).rejects.toBe(reason);
  const control = new AbortController();
  const pending = selectProvider(config, control.signal);
  setTimeout(() => control.abort(reason), 50);
  await expect(pending).rejects.toBe(reason);
});
