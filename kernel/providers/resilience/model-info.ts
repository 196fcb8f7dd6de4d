import { ProviderError } from '../contract.ts';
import type { ModelInfo } from '../contract.ts';
import { afterAttempts } from './explain.ts';
import { firstTarget, type Route } from './route.ts';
import type { Backoff } from './backoff.ts';
import { wait } from './wait.ts';

export interface InfoQuestion {
  /** Whose model it is. */
  readonly asked: Route;
  readonly others: readonly Route[];
  readonly backoff: Backoff;
  /** It is not asked again where that would take longer. */
  readonly longestWaitMs: number;
  readonly signal: AbortSignal;
}

/**
 * What a model is; where its provider can't tell, what the first other one's is.
 * @throws ProviderError the first one's, where no other can tell either
 */
export async function askModelInfo(model: string, question: InfoQuestion): Promise<ModelInfo> {
  const { asked, others, backoff, longestWaitMs, signal } = question;
  for (;;) {
    try {
      return await firstTarget(asked).provider.modelInfo(model, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof ProviderError)) throw error;
      const pause = backoff.after(error);
      const isOver = pause === undefined || pause > longestWaitMs;
      if (isOver) return infoOfAnother(others, signal, afterAttempts(error, backoff.failures));
      await wait(pause, signal);
    }
  }
}

async function infoOfAnother(
  others: readonly Route[],
  signal: AbortSignal,
  failure: ProviderError,
): Promise<ModelInfo> {
  for (const route of others) {
    try {
      return await firstTarget(route).provider.modelInfo(await route.findModel(signal), signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof ProviderError)) throw error;
    }
  }
  throw failure;
}
