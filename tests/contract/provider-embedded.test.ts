import { join } from 'node:path';
import { create } from '../../kernel/providers/embedded.ts';
import { hostKit, smollm } from '../support/embedded.ts';
import { configWith } from '../support/provider-tools.ts';
import { providerContract } from './provider-contract.ts';

providerContract('embedded', async () => {
  const kit = await hostKit(1000);
  const { options, weights } = kit;
  const provider = create(configWith({ modelPath: weights }), options);
  return {
    provider,
    model: smollm,
    prompt: 'Count from one to ten in English words.',
    limitsTokens: true,
    countsTokens: true,
    failures: [
      { kind: 'overflow', provider, prompt: 'word '.repeat(9000), heartbeatWorks: true },
      { kind: 'model-missing', provider: create(configWith({}), options), model: 'no-such-model' },
      {
        kind: 'setup',
        provider: create(configWith({ modelPath: join(options.directory, 'none.gguf') }), options),
        model: 'none',
      },
    ],
    secrets: [],
    close: async () => {
      await provider.close();
      await kit.remove();
    },
  };
});
