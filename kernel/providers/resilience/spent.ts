import { estimateMessages, estimateTokens } from '../../economy/estimate.ts';
import { sumUsage, wasWorkedOn } from '../../economy/usage.ts';
import type { GenerateRequest, ProviderError, Usage } from '../contract.ts';

/** What the attempts of one turn have used, together. */
export class Spent {
  readonly #request: GenerateRequest;
  readonly #usages: Usage[] = [];

  constructor(request: GenerateRequest) {
    this.#request = request;
  }

  /** An attempt is over: with what the provider said, or, where it said nothing, an estimate. */
  add(said: Usage | undefined, text: string, error?: ProviderError): void {
    if (said === undefined && error !== undefined && !wasWorkedOn(error, text !== '')) return;
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
