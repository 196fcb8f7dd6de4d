import { ProviderError } from '../contract.ts';
import type { ProviderErrorKind } from '../contract.ts';
import { isRemote } from '../create.ts';
import { minimalRequest } from '../heartbeat.ts';
import type { Selection } from '../select.ts';

/** These say nothing of the prompt that follows: some models refuse a limit of one token, and a budget is the prompt's matter. */
const noVerdict: ReadonlySet<ProviderErrorKind> = new Set(['bad-request', 'overflow', 'budget']);

/**
 * Begins a session with a provider that is reached over a network: asks for one token, so that a key, a model or a server that is of no use is known
 * before a long prompt is sent. What fails in a way that may pass is tried again, and fallbacks are asked, as in any turn.
 * @param say told what the reader is to know meanwhile
 * @throws ProviderError where nobody answers; the reason of `signal` when that is aborted
 */
export async function confirmModel(
  { provider, model }: Selection,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<void> {
  if (!isRemote(provider.name)) return;
  try {
    for await (const event of provider.generate({ ...minimalRequest(model), signal })) {
      if (event.type === 'notice') say(event.text);
      if (event.type === 'retry') say(`The session’s first call is made again: ${event.reason}`);
    }
  } catch (error) {
    if (!(error instanceof ProviderError && noVerdict.has(error.kind))) throw error;
  }
  signal.throwIfAborted();
}
