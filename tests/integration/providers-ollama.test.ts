import { afterEach, describe, expect, test } from 'vitest';
import { chooseModel, create } from '../../kernel/providers/ollama.ts';
import type { Provider } from '../../kernel/providers/contract.ts';
import { ollamaReplayPeer } from '../support/ollama-replay-peer.ts';
import type { OllamaReplayPeer, Replay } from '../support/ollama-replay-peer.ts';
import { answer, configWith, failureOf, request } from '../support/provider-tools.ts';

const model = 'qwen2.5-coder:7b';
const signal = AbortSignal.timeout(60_000);
let peer: OllamaReplayPeer;
afterEach(() => peer.close());

async function providerWith(replay: Partial<Replay>): Promise<Provider> {
  peer = await ollamaReplayPeer({ models: [{ name: model, contextLength: 4096 }], ...replay });
  return create(configWith({ ollamaHost: peer.url }));
}

test('the request asks for the model’s own context and forbids dropping text', async () => {
  const provider = await providerWith({});
  await answer(provider.generate(request('Hi.', { model, stop: ['</helpers>'], seed: 7 })));
  expect(peer.requests[0]).toEqual({
    model,
    messages: [{ role: 'user', content: 'Hi.' }],
    stream: true,
    truncate: false,
    shift: false,
    options: { num_ctx: 4096, num_predict: 32, temperature: 0, stop: ['</helpers>'], seed: 7 },
  });
});

test('a larger context than memory allows is not asked for, and an unknown one is said to be', async () => {
  const huge = { name: 'huge:7b', contextLength: 10_000_000 };
  const silent = { name: 'silent:7b' };
  const provider = await providerWith({ models: [huge, silent] });
  const info = await provider.modelInfo('huge:7b', signal);
  expect(info.contextLength).toBeLessThanOrEqual(32_768);
  expect(info.contextLengthKnown).toBe(true);
  expect(await provider.modelInfo('silent:7b', signal)).toMatchObject({
    contextLength: 4096,
    contextLengthKnown: false,
  });
});

test('a model that could think aloud is told not to; vision is known', async () => {
  const capabilities = ['completion', 'thinking', 'vision'];
  const provider = await providerWith({ models: [{ name: 'qwen3:8b', contextLength: 4096, capabilities }] });
  await answer(provider.generate(request('Hi.', { model: 'qwen3:8b' })));
  expect(peer.requests[0]?.think).toBe(false);
  expect((await provider.modelInfo('qwen3:8b', signal)).vision).toBe(true);
});

test('images go to a model that sees, and to no other', async () => {
  const seeing = { name: 'llava:7b', contextLength: 4096, capabilities: ['completion', 'vision'] };
  const provider = await providerWith({ models: [seeing, { name: model, contextLength: 4096 }] });
  const images = [{ mime: 'image/png', data: 'iVBORw0KGgo=' }] as const;
  for (const name of [seeing.name, model]) {
    const asked = request('What is this?', { model: name });
    const messages = asked.messages.map((message) => ({ ...message, images }));
    await answer(provider.generate({ ...asked, messages }));
  }
  expect(peer.requests.map(({ messages }) => messages)).toEqual([
    [{ role: 'user', content: 'What is this?', images: ['iVBORw0KGgo='] }],
    [{ role: 'user', content: 'What is this?' }],
  ]);
});

test('the counts of the last chunk are the usage', async () => {
  const provider = await providerWith({ answer: 'one two three' });
  const { events } = await answer(provider.generate(request('four words are here', { model })));
  expect(events.slice(-2)).toEqual([
    { type: 'usage', usage: { inputTokens: 4, outputTokens: 3, cachedTokens: 0, estimated: false } },
    { type: 'stop', reason: 'stop' },
  ]);
});

test('an abort reaches the server', async () => {
  const provider = await providerWith({ answer: 'word '.repeat(500), accident: 'stall' });
  const control = new AbortController();
  for await (const event of provider.generate(
    request('Hi.', { model, maxTokens: 500, signal: control.signal }),
  )) {
    if (event.type === 'text') control.abort();
  }
  await peer.abandoned;
});

test('who stops reading ends the call on the server, too', async () => {
  const provider = await providerWith({ answer: 'word '.repeat(500), accident: 'stall' });
  for await (const event of provider.generate(request('Hi.', { model, maxTokens: 500 }))) {
    if (event.type === 'text') break;
  }
  await peer.abandoned;
});

test('a missing model: what to run, and what there is', async () => {
  const provider = await providerWith({});
  const error = await failureOf(provider, request('Hi.', { model: 'absent:1b' }));
  expect(error).toMatchObject({ kind: 'model-missing', status: 404 });
  expect(error.message).toBe(`Ollama at ${peer.url} has no model "absent:1b".`);
  expect(error.remedy).toBe(`Run \`ollama pull absent:1b\`. It has: ${model}.`);
  await expect(provider.modelInfo('absent:1b', signal)).rejects.toThrow(error.message);
});

test('the numbers of an overflow are said', async () => {
  const provider = await providerWith({});
  const error = await failureOf(provider, request('word '.repeat(5000), { model }));
  expect(error).toMatchObject({ kind: 'overflow', status: 400 });
  expect(error.message).toContain('(5000 tokens, 4096 fit)');
});

test('text that came before the connection dropped is kept', async () => {
  const provider = await providerWith({ answer: 'one two three four', accident: 'drop' });
  const { text, error } = await answer(provider.generate(request('Hi.', { model })));
  expect('one two three'.startsWith(text)).toBe(true);
  expect(error).toMatchObject({ kind: 'stream-broken' });
});

describe('the model', () => {
  const choose = async (models: Replay['models'], asked?: string): Promise<string> => {
    peer = await ollamaReplayPeer({ models });
    const config = configWith({ ollamaHost: peer.url, ...(asked !== undefined && { model: asked }) });
    return chooseModel(config, create(config), signal);
  };
  const small = { name: 'qwen2.5-coder:3b', size: 2e9, parameterSize: '3B' };
  const embed = { name: 'nomic-embed-text:latest', size: 3e8, family: 'nomic-bert', parameterSize: '137M' };

  test('is a suitable installed one', async () => {
    expect(await choose([embed, small])).toBe('qwen2.5-coder:3b');
  });
  test('is none where none suits', async () => {
    await expect(choose([embed])).rejects.toMatchObject({
      kind: 'model-missing',
      remedy: 'Run `ollama pull qwen2.5-coder:7b`. It has: nomic-embed-text:latest.',
    });
  });
  test('is the configured one, if it is there', async () => {
    expect(await choose([embed], 'nomic-embed-text')).toBe('nomic-embed-text');
  });
  test('is not another than the configured one', async () => {
    await expect(choose([small], 'absent')).rejects.toMatchObject({ kind: 'model-missing' });
  });
});
