import { estimateMessages, estimateTokens } from '../../economy/estimate.ts';
import { sumUsage } from '../../economy/usage.ts';
import type { GenerateRequest, ProviderError, ProviderErrorKind, Usage } from '../contract.ts';

/** A call that fails like this after text or by silence was worked on; others only if text came. */
const worked: ReadonlySet<ProviderErrorKind> = new Set<ProviderErrorKind>(['stream-broken', 'timeout']);

/** What the attempts of one turn have used, together. */
export class Spent {
  readonly #request: GenerateRequest;
  readonly #usages: Usage[] = [];

  constructor(request: GenerateRequest) {
    this.#request = request;
  }

  /** An attempt is over: with what the provider said, or, where it said nothing, an estimate. */
  add(said: Usage | undefined, text: string, error?: ProviderError): void {
    if (said === undefined && error !== undefined && text === '' && !worked.has(error.kind)) return;
    this.#usages.push(
      said ?? {
        inputTokens: estimateMessages(this.#request.messages),
        outputTokens: estimateTokens(text),
        cachedTokens: 0,
        estimated: true,
      },
    );
  }

  get usage(): Usage {
    return sumUsage(this.#usages);
  }
}
