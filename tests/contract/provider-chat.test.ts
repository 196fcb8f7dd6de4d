import { afterAll, beforeAll, describe } from 'vitest';
import type { Config } from '../../kernel/config.ts';
import type { Provider, ProviderErrorKind } from '../../kernel/providers/contract.ts';
import { create as createGroq } from '../../kernel/providers/groq.ts';
import { create as createOpenai } from '../../kernel/providers/openai.ts';
import { chatReplayPeer } from '../support/chat-replay-peer.ts';
import type { ChatReplayPeer } from '../support/chat-replay-peer.ts';
import { llamaServerRuns, startLlamaServer } from '../support/llama-server.ts';
import type { LlamaServer } from '../support/llama-server.ts';
import { configWith } from '../support/provider-tools.ts';
import { providerContract } from './provider-contract.ts';
import type { ContractSubject } from './provider-contract.ts';

const replayed: readonly (readonly [string, ProviderErrorKind])[] = [
  ['rate-limit', 'rate-limit'],
  ['server', 'server'],
  ['html', 'server'],
  ['gateway-timeout', 'timeout'],
  ['overflow', 'overflow'],
  ['too-large', 'overflow'],
  ['bad-request', 'bad-request'],
  ['model-missing', 'model-missing'],
  ['wrong-path', 'bad-request'],
  ['auth', 'auth'],
  ['forbidden', 'auth'],
  ['drop', 'stream-broken'],
  ['early-end', 'stream-broken'],
  ['error-inside', 'server'],
  ['nonsense', 'stream-broken'],
  ['not-json', 'stream-broken'],
];

/** A real server for what works and for the errors it can make; a replay for those it can't. */
describe.skipIf(!llamaServerRuns)('OpenAI-like providers', () => {
  let server: LlamaServer;
  let replay: ChatReplayPeer;
  beforeAll(async () => {
    server = await startLlamaServer();
    replay = await chatReplayPeer();
  }, 600_000);
  afterAll(async () => {
    await (server as LlamaServer | undefined)?.stop();
    await (replay as ChatReplayPeer | undefined)?.close();
  });

  const subject = (at: (address: string, key: string) => Provider, nowhere: string): ContractSubject => {
    const good = at(server.url, server.key);
    return {
      provider: good,
      model: server.model,
      prompt: 'Write a long story about a fox and a crow.',
      limitsTokens: true,
      countsTokens: true,
      failures: [
        { kind: 'auth', provider: at(server.url, 'gsk_wrong-key-abcdefgh') },
        { kind: 'unreachable', provider: at(nowhere, server.key) },
        { kind: 'overflow', provider: good, prompt: 'word '.repeat(4000), heartbeatWorks: true },
        ...replayed.map(([path, kind]) => ({ kind, provider: at(`${replay.url}/${path}`, server.key) })),
      ],
      secrets: [server.key, 'gsk_wrong-key-abcdefgh', 'wrong-key'],
      close: () => good.close(),
    };
  };

  const closedPort = async (): Promise<string> => {
    const peer = await chatReplayPeer();
    await peer.close();
    return peer.url;
  };

  providerContract('groq', async () => {
    const at = (groqBaseUrl: string, groqApiKey: string): Provider =>
      createGroq(configWith({ groqBaseUrl, groqApiKey } satisfies Partial<Config>));
    return subject(at, await closedPort());
  });

  providerContract('openai', async () => {
    const at = (address: string, openaiApiKey: string): Provider =>
      createOpenai(configWith({ openaiBaseUrl: `${address}/openai/v1`, openaiApiKey }));
    return subject(at, await closedPort());
  });
});
