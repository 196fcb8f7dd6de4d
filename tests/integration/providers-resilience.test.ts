import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Config } from '../../kernel/config.ts';
import { Meter } from '../../kernel/economy/meter.ts';
import { meteredProvider } from '../../kernel/economy/metered.ts';
import { selectResilient } from '../../kernel/providers/resilience/select.ts';
import type { Selection } from '../../kernel/providers/select.ts';
import { chatScriptPeer } from '../support/chat-script-peer.ts';
import type { ChatReply, ChatScriptPeer } from '../support/chat-script-peer.ts';
import { httpPeer } from '../support/http-peer.ts';
import { ollamaReplayPeer } from '../support/ollama-replay-peer.ts';
import { answer, configWith, request } from '../support/provider-tools.ts';
import type { Answer } from '../support/provider-tools.ts';
import { line } from '../unit/providers/resilience/doubles.ts';

/** Loading an SDK is no part of a call that is to end soon. */
beforeAll(() => Promise.all([import('groq-sdk'), import('openai')]));

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((peer) => peer.close()));
});

async function peerOf(...replies: readonly ChatReply[]): Promise<ChatScriptPeer> {
  const peer = await chatScriptPeer(replies);
  open.push(peer);
  return peer;
}

async function closedPort(): Promise<string> {
  const peer = await httpPeer(() => undefined);
  await peer.close();
  return peer.url;
}

const select = (changes: Partial<Config>, random = 0): Promise<Selection> =>
  selectResilient(configWith(changes), AbortSignal.timeout(60_000), {
    priceOf: (provider) => (provider === 'mock' ? 0 : 1),
    random: () => random,
  });

async function ask({ provider, model }: Selection, changes = {}): Promise<Answer> {
  return answer(provider.generate(request('x', { model, ...changes })));
}

const sdks: readonly (readonly [string, (url: string, keys?: string) => Partial<Config>])[] = [
  [
    'groq',
    (url, keys = 'gsk_aaaaaa') => ({ provider: 'groq', groqApiKey: keys, groqBaseUrl: url, model: 'm' }),
  ],
  [
    'openai',
    (url, keys = 'sk-aaaaaa') => ({
      provider: 'openai',
      openaiApiKey: keys,
      openaiBaseUrl: `${url}/v1`,
      model: 'm',
    }),
  ],
];

describe.each(sdks)('%s', (_name, at) => {
  test.each<[string, ChatReply, RegExp]>([
    ['429', { status: 429, headers: { 'retry-after': '0' } }, /^\[retry 2 in 0\]Good\.\.stop$/],
    [
      'retry-after-ms',
      { status: 429, headers: { 'retry-after-ms': '30' } },
      /^\[retry 2 in 30\]Good\.\.stop$/,
    ],
    ['500', { status: 500 }, /^\[retry 2 in 0\]Good\.\.stop$/],
    ['503', { status: 503 }, /^\[retry 2 in 0\]Good\.\.stop$/],
    ['a reset in the middle', { text: 'Half', end: 'reset' }, /^(Half)?\[retry 2 in 0\]Good\.\.stop$/],
    ['a stall in the middle', { text: 'Half', end: 'stall' }, /^Half\[retry 2 in 0\]Good\.\.stop$/],
    ['silence', { end: 'stall' }, /^\[retry 2 in 0\]Good\.\.stop$/],
    ['garbage', { text: 'Half', end: 'garbage' }, /^Half\[retry 2 in 0\]Good\.\.stop$/],
    ['half a character', { text: 'Half', end: 'truncated' }, /^Half\[retry 2 in 0\]Good\.\.stop$/],
  ])('after %s the turn begins anew', async (_fault, fault, shown) => {
    const peer = await peerOf(fault, { text: 'Good.' });
    const { events } = await ask(await select({ ...at(peer.url), firstTokenSeconds: 2, tokenGapSeconds: 2 }));
    expect(line(events)).toMatch(shown);
    expect(peer.keys).toHaveLength(2);
    const usage = events.find((event) => event.type === 'usage');
    const wasWorkedOn = fault.status === undefined;
    expect(usage).toMatchObject({ usage: { estimated: wasWorkedOn } });
    if (!wasWorkedOn) expect(usage).toMatchObject({ usage: { inputTokens: 7, outputTokens: 3 } });
  });

  test.each<[string, ChatReply]>([
    ['between tokens', { text: 'Half', end: 'stall' }],
    ['first token', { end: 'stall' }],
  ])('the time limit (%s) ends the connection', async (limit, fault) => {
    const peer = await peerOf(fault);
    const { error } = await ask(
      await select({ ...at(peer.url), firstTokenSeconds: 2, tokenGapSeconds: 2, retries: 0 }),
    );
    expect(error).toMatchObject({ kind: 'timeout' });
    expect((error as Error).message).toContain(limit);
    await expect.poll(() => peer.abandoned).toBe(1);
  });

  test('the SDK tries nothing by itself', async () => {
    const peer = await peerOf({ status: 503 });
    expect((await ask(await select({ ...at(peer.url), retries: 0 }))).error).toMatchObject({
      kind: 'server',
    });
    expect(peer.keys).toHaveLength(1);
  });

  test('a key that must wait gives way to the next; none is shown', async () => {
    const peer = await peerOf({ status: 429, headers: { 'retry-after': '30' } }, { text: 'Good.' });
    const keys = 'gsk_aaaaaa,gsk_bbbbbb';
    const { events } = await ask(await select(at(peer.url, keys)));
    expect(line(events)).toBe('[retry 2 in 0]Good..stop');
    expect(peer.keys).toEqual(['gsk_aaaaaa', 'gsk_bbbbbb']);
    expect(JSON.stringify(events)).not.toContain('gsk_');
    expect((await ask(await select(at(peer.url, keys), 0.9))).text).toBe('Good.');
    expect(peer.keys.at(-1)).toBe('gsk_bbbbbb');
  });

  test('an interrupt ends a wait', async () => {
    const peer = await peerOf({ status: 429, headers: { 'retry-after': '50' } });
    const { provider, model } = await select(at(peer.url));
    const control = new AbortController();
    const seen: string[] = [];
    for await (const event of provider.generate(request('x', { model, signal: control.signal }))) {
      seen.push(event.type);
      if (event.type === 'retry') control.abort();
    }
    expect(seen).toEqual(['retry', 'usage', 'stop']);
  });

  test('a service that is gone is answered for by the fallback, which is asked for its own model', async () => {
    const ollama = await ollamaReplayPeer({ models: [{ name: 'qwen2.5-coder:7b', size: 1e9 }] });
    open.push(ollama);
    const selection = await select({
      ...at(await closedPort()),
      ollamaHost: ollama.url,
      fallback: ['ollama:qwen2.5-coder:7b'],
    });
    expect(selection.reason).toContain('Fallback: ollama:qwen2.5-coder:7b.');
    const { events, error } = await ask(selection);
    expect(error).toBeUndefined();
    expect(events.find((event) => event.type === 'source')).toEqual({
      type: 'source',
      provider: 'ollama',
      model: 'qwen2.5-coder:7b',
    });
    expect(ollama.requests[0]?.model).toBe('qwen2.5-coder:7b');
  });
});

test('each call is metered, and what is metered is what the turn says it used', async () => {
  const peer = await peerOf({ status: 503 }, { text: 'Half', end: 'garbage' }, { text: 'Good.' });
  const meter = new Meter({ limits: { cell: {}, session: {}, day: {} }, session: 's' });
  const { provider, model } = await selectResilient(
    configWith({ provider: 'groq', groqApiKey: 'gsk_aaaaaa', groqBaseUrl: peer.url, model: 'm' }),
    AbortSignal.timeout(60_000),
    { priceOf: () => undefined, random: () => 0, metered: (one) => meteredProvider(one, meter) },
  );
  const { events } = await ask({ provider, model, reason: '' });
  const usage = events.find((event) => event.type === 'usage')?.usage;
  const [total] = meter.byModel('session');
  expect(total).toMatchObject({ provider: 'groq', model: 'm', calls: 3, ...usage });
  expect(usage).toMatchObject({ outputTokens: 3 + 2, estimated: true });
});

describe('the choice', () => {
  const ollamaWith = async (...names: readonly string[]) => {
    const peer = await ollamaReplayPeer({ models: names.map((name) => ({ name, size: 1e9 })) });
    open.push(peer);
    return peer;
  };

  test('where the provider can’t be had, the first fallback that can stands for it', async () => {
    const ollama = await ollamaWith('qwen2.5-coder:7b');
    const selection = await select({
      provider: 'groq',
      ollamaHost: ollama.url,
      fallback: ['openai', 'ollama'],
    });
    expect([selection.provider.name, selection.model]).toEqual(['ollama', 'qwen2.5-coder:7b']);
    expect(selection.reason).toContain('Groq needs a key, and none is set. So a fallback is used.');
    const { events } = await ask(selection);
    expect(line(events)).toContain('{ollama:qwen2.5-coder:7b answers now, not groq: Groq needs a key');
    expect(events.some((event) => event.type === 'source')).toBe(false);
  });

  test('where none can, it is the provider’s own error', async () => {
    await expect(select({ provider: 'groq', fallback: ['openai'] })).rejects.toMatchObject({
      kind: 'auth',
      message: 'Groq needs a key, and none is set.',
    });
  });

  test('a fallback that is the provider itself is left out', async () => {
    const ollama = await ollamaWith('qwen2.5-coder:7b', 'qwen2.5-coder:3b');
    const config = { provider: 'ollama', ollamaHost: ollama.url, model: 'qwen2.5-coder:7b' } as const;
    const reason = async (fallback: string[]): Promise<string> =>
      (await select({ ...config, fallback })).reason;
    expect(await reason(['ollama', 'ollama:qwen2.5-coder:7b'])).toBe('The provider "ollama" is configured.');
    expect(await reason(['ollama:qwen2.5-coder:3b'])).toContain('Fallback: ollama:qwen2.5-coder:3b.');
  });

  test('another model of the same provider may stand for one that is missing', async () => {
    const ollama = await ollamaWith('qwen2.5-coder:7b');
    const config = { provider: 'ollama', ollamaHost: ollama.url, model: 'absent' } as const;
    const { model, provider } = await select({ ...config, fallback: ['ollama'] });
    expect([provider.name, model]).toEqual(['ollama', 'qwen2.5-coder:7b']);
  });

  test('an abort ends it', async () => {
    const reason = new Error('enough');
    const config = configWith({ provider: 'groq', fallback: ['ollama'] });
    await expect(
      selectResilient(config, AbortSignal.abort(reason), { priceOf: () => undefined }),
    ).rejects.toBe(reason);
  });

  test('the cheapest is asked first', async () => {
    const ollama = await ollamaWith('qwen2.5-coder:7b');
    const peer = await peerOf({ text: 'Dear.' });
    const selection = await selectResilient(
      configWith({
        ...{ provider: 'groq', groqApiKey: 'gsk_aaaaaa', groqBaseUrl: peer.url, ollamaHost: ollama.url },
        ...{ fallback: ['ollama'], providerOrder: 'cheapest' },
      }),
      AbortSignal.timeout(60_000),
      { priceOf: (provider) => (provider === 'ollama' ? 0 : undefined) },
    );
    await ask(selection);
    expect([ollama.requests.length, peer.keys.length]).toEqual([1, 0]);
  });
});
