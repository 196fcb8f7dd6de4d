import { afterEach, expect, it, vi } from 'vitest';
import { printEnvironment } from '../../kernel/environment/command.ts';
import { presentSchema } from '../../kernel/environment/schema.ts';
import { create } from '../../kernel/providers/openai.ts';
import { modelDigest } from '../../kernel/providers/identity.ts';
import { chatScriptPeer } from '../support/chat-script-peer.ts';
import { httpPeer, sendJson } from '../support/http-peer.ts';
import { ollamaReplayPeer } from '../support/ollama-replay-peer.ts';
import { answer, configWith, request } from '../support/provider-tools.ts';
import { testPython } from '../support/python.ts';

/** Which weights a name stands for, as the providers say it. */

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(open.splice(0).map((peer) => peer.close()));
});

const digest = 'ab'.repeat(32);
const ollama = { provider: 'ollama', name: 'qwen2.5-coder' };

it('the embedded model is the pinned one, a file of the user’s own is not known', async () => {
  const named = { provider: 'embedded', name: 'qwen2.5-coder-1.5b-instruct-q4_k_m' };
  expect(await modelDigest(configWith({}), named)).toMatch(/^cc324af0[0-9a-f]{56}$/);
  expect(await modelDigest(configWith({ modelPath: '/mine.gguf' }), named)).toBeUndefined();
  expect(await modelDigest(configWith({}), { ...named, name: 'none' })).toBeUndefined();
});

it('Ollama says which it is, also under its full name; hosted ones do not', async () => {
  const peer = await ollamaReplayPeer({ models: [{ name: 'qwen2.5-coder:latest', digest }] });
  open.push(peer);
  const config = configWith({ ollamaHost: peer.url });
  expect(await modelDigest(config, ollama)).toBe(digest);
  expect(await modelDigest(config, { ...ollama, name: 'another' })).toBeUndefined();
  expect(await modelDigest(config, { provider: 'openai', name: 'm' })).toBeUndefined();
});

it('a digest that is none, or a server that is not there, is not known', async () => {
  const odd = await httpPeer((_request, _body, response) =>
    sendJson(response, 200, { models: [{ name: 'qwen2.5-coder', digest: '../../etc' }] }),
  );
  expect(await modelDigest(configWith({ ollamaHost: odd.url }), ollama)).toBeUndefined();
  await odd.close();
  expect(await modelDigest(configWith({ ollamaHost: odd.url }), ollama)).toBeUndefined();
});

it('a service that answers under another name is quoted, one that answers under the same is not', async () => {
  for (const [said, answered] of [
    ['m-2026-10-01', 'm-2026-10-01'],
    ['m', undefined],
  ] as const) {
    const peer = await chatScriptPeer([{ text: 'fine', model: said }]);
    open.push(peer);
    const provider = create(configWith({ openaiApiKey: 'sk-0123456789abcdef', openaiBaseUrl: peer.url }));
    const { events } = await answer(provider.generate(request('x', { model: 'm' })));
    expect(events.at(-1)).toEqual({ type: 'stop', reason: 'stop', ...(answered && { answered }) });
  }
});

it('`kernel.js environment` says what is known of the configured model and of those that are asked about', async () => {
  const peer = await ollamaReplayPeer({ models: [{ name: 'qwen2.5-coder:7b', digest }] });
  open.push(peer);
  const config = configWith({ provider: 'mock', model: 'tiny', python: testPython(), ollamaHost: peer.url });
  let said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text, done) => {
    said += String(text);
    (done as unknown as () => void)();
    return true;
  });
  expect(await printEnvironment(config, ['ollama:qwen2.5-coder:7b', 'nonsense', 'a:\u202e'])).toBe(0);
  vi.restoreAllMocks();
  const { environment, models } = presentSchema.parse(JSON.parse(said));
  expect(environment.model).toEqual({ provider: 'mock', name: 'tiny' });
  expect(models).toEqual([
    { provider: 'mock', name: 'tiny' },
    { provider: 'ollama', name: 'qwen2.5-coder:7b', digest },
  ]);
});
