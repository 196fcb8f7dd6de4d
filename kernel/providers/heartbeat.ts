import { ProviderError } from './contract.ts';
import type { GenerateRequest, Heartbeat, Provider } from './contract.ts';

/** The smallest real call that there is. */
export const minimalRequest = (model: string): Omit<GenerateRequest, 'signal'> => ({
  model,
  messages: [{ role: 'user', content: 'Say OK.' }],
  maxTokens: 1,
  temperature: 0,
  stop: [],
});

/** Asks a provider for one token and says how long that took. Never throws. */
export async function heartbeat(
  provider: Pick<Provider, 'name' | 'generate'>,
  model: string,
  signal: AbortSignal,
): Promise<Heartbeat> {
  const start = performance.now();
  const latencyMs = (): number => Math.round(performance.now() - start);
  try {
    for await (const event of provider.generate({ ...minimalRequest(model), signal })) {
      if (event.type === 'stop' && event.reason === 'aborted') {
        const remedy = 'Check again.';
        return {
          ok: false,
          latencyMs: latencyMs(),
          detail: `${provider.name} did not answer in time.`,
          remedy,
        };
      }
    }
    return { ok: true, latencyMs: latencyMs(), detail: `${provider.name} answers with ${model}.` };
  } catch (error) {
    const problem = { ok: false, latencyMs: latencyMs() };
    if (error instanceof ProviderError) return { ...problem, detail: error.message, remedy: error.remedy };
    return { ...problem, detail: `${provider.name} failed in an unforeseen way.` };
  }
}
