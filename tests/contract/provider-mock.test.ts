import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Provider } from '../../kernel/providers/contract.ts';
import { create } from '../../kernel/providers/mock.ts';
import { configWith } from '../support/provider-tools.ts';
import { providerContract } from './provider-contract.ts';

const secret = 'gsk_secret-of-the-mock-test';

providerContract('mock', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'replique-mock-'));
  const scripted = async (name: string, script: object): Promise<Provider> => {
    const file = join(folder, name);
    await writeFile(file, JSON.stringify(script));
    return create(configWith({ mockScript: file, groqApiKey: secret }));
  };
  const failing = (status: number, message: string): Promise<Provider> =>
    scripted(`${status}.json`, { replies: [{ text: 'Some', error: { status, message } }], repeat: true });
  const withWorkingBeat = { heartbeatWorks: true };
  return {
    provider: await scripted('good.json', {
      replies: [{ text: 'one two three four five six seven eight nine ten', chunk: 3, delayMs: 1 }],
      repeat: true,
    }),
    model: 'mock',
    prompt: 'Count.',
    limitsTokens: false,
    countsTokens: false,
    failures: [
      { kind: 'script', provider: create(configWith({})) },
      { kind: 'auth', provider: await failing(401, `bad key ${secret}`), ...withWorkingBeat },
      { kind: 'rate-limit', provider: await failing(429, `slow down ${secret}`), ...withWorkingBeat },
      { kind: 'server', provider: await failing(500, 'broken'), ...withWorkingBeat },
      { kind: 'overflow', provider: await failing(400, 'maximum context length'), ...withWorkingBeat },
    ],
    secrets: [secret],
    close: () => rm(folder, { recursive: true }),
  };
});
