import { afterEach, expect, it } from 'vitest';
import type { Config } from '../../kernel/config.ts';
import { play } from '../support/chat-script-peer.ts';
import { httpPeer, sendJson, type HttpPeer } from '../support/http-peer.ts';
import { KernelUnderTest } from '../support/kernels.ts';
import { isMinimalCall } from '../support/minimal-call.ts';

/** A session begins with a call of one token: what is of no use is known before a prompt is sent. */

const prompt = 'A long and secret prompt.';
let open: KernelUnderTest[] = [];
let peers: HttpPeer[] = [];
afterEach(async () => {
  await Promise.all([...open.map((kernel) => kernel.end()), ...peers.map((peer) => peer.close())]);
  [open, peers] = [[], []];
});

interface Service extends HttpPeer {
  minimal: number;
  readonly prompts: string[];
}

/** @param failure what it answers a minimal call with, instead of a token */
async function service(failure?: { readonly status: number; readonly message: string }): Promise<Service> {
  const peer = await httpPeer((request, body, response) => {
    if (request.method === 'GET') {
      sendJson(response, 200, { object: 'list', data: [{ id: 'm', context_window: 30_000 }] });
    } else if (!isMinimalCall(body)) {
      state.prompts.push(body);
      play({ text: 'Hello.' }, response);
    } else {
      state.minimal += 1;
      if (failure === undefined) play({ text: 'OK' }, response);
      else sendJson(response, failure.status, { error: { message: failure.message, type: 'error' } });
    }
  });
  const state: Service = { ...peer, minimal: 0, prompts: [] };
  peers.push(peer);
  return state;
}

async function start(at: string, config: Partial<Config> = {}): Promise<KernelUnderTest> {
  const endpoint = { provider: 'openai', model: 'm', openaiBaseUrl: at, openaiApiKey: 'sk-1234567' } as const;
  const kernel = await KernelUnderTest.start({ config: { ...endpoint, retrySeconds: 0, ...config } });
  open.push(kernel);
  return kernel;
}

it('is one minimal call for the whole session, and it counts', async () => {
  const peer = await service();
  const kernel = await start(peer.url);
  expect((await kernel.run(prompt)).reply['status']).toBe('ok');
  expect((await kernel.run(prompt)).reply['status']).toBe('ok');
  expect([peer.minimal, peer.prompts.length]).toEqual([1, 2]);
  expect((await kernel.run('%cost')).text).toMatch(/^session, openai:m: 3 calls/m);
});

it.each([
  ['a key that is refused', 401, 'Incorrect API key provided', /key/i],
  ['a model that is gone', 404, 'The model `m` does not exist', /model/i],
  ['a service out of order', 503, 'Service Unavailable', /503|unavailable/i],
])('keeps a prompt from %s, and says why', async (_, status, message, why) => {
  const peer = await service({ status, message });
  const kernel = await start(peer.url);
  const { reply } = await kernel.run(prompt);
  expect(reply).toMatchObject({ status: 'error', ename: 'ProviderError' });
  expect(reply['evalue']).toMatch(why);
  expect(peer.minimal).toBeGreaterThan(0);
  expect(peer.prompts).toEqual([]);
});

it('is made again with the next prompt where it failed', async () => {
  const failure = { status: 401, message: 'Incorrect API key provided' };
  const peer = await service(failure);
  const kernel = await start(peer.url);
  await kernel.run(prompt);
  failure.status = 400;
  expect((await kernel.run(prompt)).reply['status']).toBe('ok');
});

it('is no obstacle where a service refuses a limit of one token', async () => {
  const peer = await service({ status: 400, message: 'max_tokens is too small' });
  const kernel = await start(peer.url);
  expect((await kernel.run(prompt)).reply['status']).toBe('ok');
  expect(peer.prompts).toHaveLength(1);
});

it('finds out that a fallback answers, and says so', async () => {
  const gone = await service();
  await gone.close();
  const groq = await service();
  const kernel = await start(gone.url, {
    fallback: ['groq:m'],
    groqBaseUrl: groq.url,
    groqApiKey: 'gsk_0123456789',
  });
  const { reply, text } = await kernel.run(prompt);
  expect(reply['status']).toBe('ok');
  expect(text).toMatch(/groq:m answers now, not openai:m/);
  expect([groq.minimal, groq.prompts.length]).toEqual([1, 1]);
});

it('asks nothing of a model of this machine or of a script', async () => {
  const kernel = await start('http://127.0.0.1:9', { provider: 'mock' });
  expect((await kernel.run(prompt)).reply['evalue']).toMatch(/script/i);
});
