import { create } from '../../kernel/providers/ollama.ts';
import { ollamaReplayPeer } from '../support/ollama-replay-peer.ts';
import type { OllamaReplayPeer, Replay } from '../support/ollama-replay-peer.ts';
import { configWith } from '../support/provider-tools.ts';
import { providerContract } from './provider-contract.ts';

const model = 'qwen2.5-coder:7b';
const models = [{ name: model, contextLength: 4096 }];
const answer = 'one two three four five six seven eight nine ten';
const secret = 'password-in-the-address';

providerContract('ollama', async () => {
  const peers: OllamaReplayPeer[] = [];
  const peer = async (replay: Partial<Replay> = {}): Promise<string> => {
    const started = await ollamaReplayPeer({ models, answer, pauseMs: 1, ...replay });
    peers.push(started);
    return started.url;
  };
  const provider = (ollamaHost: string): ReturnType<typeof create> => create(configWith({ ollamaHost }));
  const good = provider(await peer());
  const gone = await ollamaReplayPeer({ models });
  await gone.close();
  return {
    provider: good,
    model,
    prompt: 'Count to ten.',
    limitsTokens: true,
    countsTokens: true,
    failures: [
      { kind: 'model-missing', provider: good, model: 'absent:1b' },
      { kind: 'unreachable', provider: provider(gone.url) },
      { kind: 'unreachable', provider: provider(gone.url.replace('//', `//user:${secret}@`)) },
      { kind: 'overflow', provider: good, prompt: 'word '.repeat(5000), heartbeatWorks: true },
      { kind: 'stream-broken', provider: provider(await peer({ accident: 'drop' })), heartbeatWorks: true },
      { kind: 'stream-broken', provider: provider(await peer({ accident: 'close' })), heartbeatWorks: true },
      { kind: 'server', provider: provider(await peer({ accident: 'error' })), heartbeatWorks: true },
    ],
    secrets: [secret],
    close: async () => {
      await Promise.all(peers.map((one) => one.close()));
    },
  };
});
