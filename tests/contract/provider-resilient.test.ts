import { selectResilient } from '../../kernel/providers/resilience/select.ts';
import type { ProviderErrorKind } from '../../kernel/providers/contract.ts';
import { chatScriptPeer } from '../support/chat-script-peer.ts';
import type { ChatReply, ChatScriptPeer } from '../support/chat-script-peer.ts';
import { configWith } from '../support/provider-tools.ts';
import { providerContract } from './provider-contract.ts';

const secret = 'gsk_secret-of-the-contract-test';

/** The way that the kernel asks a provider: with retries, time limits and a breaker in between. */
providerContract('groq, resilient', async () => {
  const peers: ChatScriptPeer[] = [];
  const at = async (...replies: readonly ChatReply[]) => {
    const peer = await chatScriptPeer(replies);
    peers.push(peer);
    const config = configWith({
      provider: 'groq',
      groqApiKey: secret,
      groqBaseUrl: peer.url,
      model: 'm',
      retries: 1,
    });
    const options = { priceOf: () => undefined, random: () => 0 };
    return (await selectResilient(config, AbortSignal.timeout(10_000), options)).provider;
  };
  /** The peer answers a call of one token whatever its script says. */
  const failing = async (kind: ProviderErrorKind, reply: ChatReply) => ({
    kind,
    provider: await at(reply),
    model: 'm',
    heartbeatWorks: true,
  });
  const bad = { status: 503 };
  const text = 'one two three four five six seven eight nine ten';
  return {
    provider: await at(bad, { text }),
    model: 'm',
    prompt: 'Count.',
    limitsTokens: false,
    countsTokens: true,
    failures: [
      await failing('auth', { status: 401 }),
      await failing('rate-limit', { status: 429, headers: { 'retry-after': '0' } }),
      await failing('server', bad),
      await failing('stream-broken', { text, end: 'reset' }),
      await failing('stream-broken', { text, end: 'garbage' }),
    ],
    secrets: [secret],
    close: async () => {
      await Promise.all(peers.map((peer) => peer.close()));
    },
  };
});
