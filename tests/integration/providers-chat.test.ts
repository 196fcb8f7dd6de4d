import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Provider } from '../../kernel/providers/contract.ts';
import { chooseModel as chooseGroq, create as createGroq } from '../../kernel/providers/groq.ts';
import { chooseModel as chooseOpenai, create as createOpenai } from '../../kernel/providers/openai.ts';
import { chatReplayPeer } from '../support/chat-replay-peer.ts';
import type { ChatReplayPeer } from '../support/chat-replay-peer.ts';
import { answer, configWith, failureOf, request } from '../support/provider-tools.ts';

const key = 'gsk_0123456789abcdef';
let peer: ChatReplayPeer;
beforeAll(async () => (peer = await chatReplayPeer()));
afterAll(() => peer.close());

const providers: readonly (readonly [string, (path: string) => Provider])[] = [
  ['groq', (path) => createGroq(configWith({ groqApiKey: key, groqBaseUrl: `${peer.url}/${path}` }))],
  ['openai', (path) => createOpenai(configWith({ openaiApiKey: key, openaiBaseUrl: `${peer.url}/${path}` }))],
];

describe.each(providers)('%s', (_name, at) => {
  const signal = AbortSignal.timeout(60_000);

  test('says how long to wait', async () => {
    expect(await failureOf(at('rate-limit'), request('x'))).toMatchObject({
      status: 429,
      retryAfterMs: 7000,
    });
    const dated = await failureOf(at('rate-limit-date'), request('x'));
    expect(dated.retryAfterMs).toBeGreaterThan(30_000);
    expect(dated.retryAfterMs).toBeLessThanOrEqual(60_000);
    expect((await failureOf(at('quota'), request('x'))).retryAfterMs).toBeUndefined();
  });

  test('names the models that there are', async () => {
    const error = await failureOf(at('model-missing'), request('x', { model: 'nothing' }));
    expect(error.message).toContain('has no model "nothing"');
    expect(error.remedy).toContain('llama-3.3-70b-versatile, gpt-4.1-mini');
  });

  test('estimates usage that makes no sense', async () => {
    const { events, text } = await answer(at('odd-usage').generate(request('x')));
    expect(text).toBe('fine');
    expect(events.at(-2)).toMatchObject({ type: 'usage', usage: { estimated: true } });
  });

  test('estimates usage that is not said', async () => {
    const { events, text } = await answer(at('no-usage').generate(request('x')));
    expect(text).toBe('one two');
    expect(events.at(-2)).toMatchObject({ type: 'usage', usage: { estimated: true } });
  });

  test('cuts at a stop sequence that the service ignored', async () => {
    const asked = request('x', { stop: ['</helpers>'] });
    const { text, events, error } = await answer(at('ignores-stop').generate(asked));
    expect([text, error]).toEqual(['<helpers>1', undefined]);
    expect(events.at(-1)).toEqual({ type: 'stop', reason: 'stop' });
  });

  test('tells that a content filter ended the answer', async () => {
    const { events } = await answer(at('filtered').generate(request('x')));
    expect(events.map((event) => event.type)).toEqual(['text', 'usage', 'stop']);
    expect(events.at(-1)).toEqual({ type: 'stop', reason: 'filtered' });
  });

  test('keeps the text that came before the stream broke', async () => {
    const { text, error } = await answer(at('drop').generate(request('x')));
    expect('one two '.startsWith(text)).toBe(true);
    expect(error).toMatchObject({ kind: 'stream-broken' });
  });

  test('an abort while nothing comes is quiet', async () => {
    const control = new AbortController();
    const pending = answer(at('silent').generate(request('x', { signal: control.signal })));
    setTimeout(() => control.abort(), 50);
    const { events, error } = await pending;
    expect(error).toBeUndefined();
    expect(events.map((event) => event.type)).toEqual(['usage', 'stop']);
  });

  test('a heartbeat without an answer ends with its signal', async () => {
    const beat = await at('silent').heartbeat('any', AbortSignal.timeout(50));
    expect(beat).toMatchObject({ ok: false });
    expect(beat.detail).toContain('did not answer in time');
  });

  test('what the list says of a model’s context', async () => {
    const provider = at('any');
    const info = (model: string): ReturnType<Provider['modelInfo']> => provider.modelInfo(model, signal);
    expect(await info('llama-3.3-70b-versatile')).toMatchObject({
      contextLength: 131_072,
      contextLengthKnown: true,
    });
    expect(await info('served-by-vllm')).toMatchObject({ contextLength: 16_384, contextLengthKnown: true });
    expect(await info('unsaid')).toMatchObject({ contextLength: 8192, contextLengthKnown: false });
    expect(await info('not-listed')).toMatchObject({ contextLengthKnown: false });
  });

  test('a refused key is an error of the list, too', async () => {
    await expect(at('auth').listModels(signal)).rejects.toMatchObject({ kind: 'auth' });
  });
});

describe('the model', () => {
  const signal = AbortSignal.timeout(60_000);
  const openai = (changes: Parameters<typeof configWith>[0]): Promise<string> => {
    const config = configWith(changes);
    return chooseOpenai(config, createOpenai(config), signal);
  };

  test('of Groq: a default, or the configured one, but not without a key', async () => {
    expect(await chooseGroq(configWith({ groqApiKey: key }))).toBe('llama-3.3-70b-versatile');
    expect(await chooseGroq(configWith({ groqApiKey: key, model: 'other' }))).toBe('other');
    await expect(chooseGroq(configWith({}))).rejects.toMatchObject({ kind: 'auth' });
  });

  test('of OpenAI: a default, or the configured one, but not without a key', async () => {
    expect(await openai({ openaiApiKey: key })).toBe('gpt-4.1-mini');
    expect(await openai({ openaiApiKey: key, model: 'other' })).toBe('other');
    await expect(openai({})).rejects.toMatchObject({ kind: 'auth' });
  });

  test('of another endpoint, which may need no key: the first it lists', async () => {
    expect(await openai({ openaiBaseUrl: `${peer.url}/any` })).toBe('llama-3.3-70b-versatile');
    await expect(openai({ openaiBaseUrl: `${peer.url}/empty` })).rejects.toMatchObject({
      kind: 'model-missing',
    });
  });
});

test('without a key each prompt says so', async () => {
  for (const provider of [createGroq(configWith({})), createOpenai(configWith({}))]) {
    const error = await failureOf(provider, request('x'));
    expect(error).toMatchObject({ kind: 'auth' });
    expect(error.remedy).toMatch(/(GROQ|OPENAI)_API_KEY/);
  }
});

test('what is known of OpenAI’s models beyond the list', async () => {
  const provider = createOpenai(configWith({ openaiApiKey: key, openaiBaseUrl: `${peer.url}/any` }));
  expect(await provider.modelInfo('gpt-4.1-mini', AbortSignal.timeout(60_000))).toEqual({
    id: 'gpt-4.1-mini',
    contextLength: 1_047_576,
    contextLengthKnown: true,
    vision: true,
  });
});
