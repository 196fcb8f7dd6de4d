import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createModelList } from '../../kernel/model-list.ts';
import { chatScriptPeer, type ChatScriptPeer } from '../support/chat-script-peer.ts';
import { httpPeer } from '../support/http-peer.ts';
import { KernelUnderTest } from '../support/kernels.ts';
import { configWith } from '../support/provider-tools.ts';

let peer: ChatScriptPeer;
beforeEach(async () => {
  peer = await chatScriptPeer([]);
});
afterEach(() => peer.close());

const at = (url: string) =>
  ({ provider: 'openai', openaiApiKey: 'sk-of-a-test', openaiBaseUrl: `${url}/v1` }) as const;

describe('the list of models', () => {
  it('is asked for when it is needed, and kept', async () => {
    const models = createModelList(configWith(at(peer.url)));
    expect(peer.lists).toBe(0);
    expect(await Promise.all([models.list(), models.list()])).toEqual([['openai:m'], ['openai:m']]);
    expect(await models.list()).toEqual(['openai:m']);
    expect(peer.lists).toBe(1);
  });

  it('tells context and price, where they are known', async () => {
    const prices = { 'openai:m': { input: 0.25, output: 2 } };
    expect(await createModelList(configWith({ ...at(peer.url), prices })).about('openai:m')).toEqual({
      ...{ contextLength: 4096, isGuess: false, vision: false },
      price: '$0.25 for a million tokens read, $2 for a million written',
    });
    const unpriced = createModelList(configWith(at(peer.url)));
    expect((await unpriced.about('openai:m'))!.price).toBe('no price known');
    for (const name of ['openai:other', 'groq:m', 'nobody:m', 'm', 'openai:']) {
      expect(await unpriced.about(name), name).toBeUndefined();
    }
  });

  it('is empty where nobody answers', async () => {
    const models = createModelList(configWith(at('http://127.0.0.1:9')));
    expect(await models.list()).toEqual([]);
    expect(await models.about('openai:m')).toBeUndefined();
  });

  it('is not waited for by what else is completed', async () => {
    const silent = await httpPeer(() => undefined);
    const kernel = await KernelUnderTest.start({ config: at(silent.url) });
    try {
      const { content } = await kernel.client.ask('complete_request', { code: '?sand' });
      expect(content['matches']).toEqual(['sandbox']);
    } finally {
      await kernel.end();
      await silent.close();
    }
  }, 60_000);
});
