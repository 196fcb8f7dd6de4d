import {
  ProviderError,
  type GenerateRequest,
  type Provider,
  type ProviderEvent,
  type Usage,
} from '../providers/contract.ts';
import { explainRefusal } from './budget-text.ts';
import { estimateMessages, estimateTokens } from './estimate.ts';
import type { Meter } from './meter.ts';
import { noUsage, wasWorkedOn } from './usage.ts';

/**
 * A provider whose every call is reserved with the meter before it is made and settled when it is over, also when it is
 * aborted or fails. What a budget does not allow is refused, with a ProviderError `budget`.
 * @param address where the provider's API is, if it is not its usual one
 */
export function meteredProvider(provider: Provider, meter: Meter, address?: string): Provider {
  /** Tokens that the provider counts for one that we estimate. */
  let scale = 1;
  return {
    name: provider.name,
    ...(provider.canBegin !== undefined && { canBegin: provider.canBegin }),
    ...(provider.isLocal !== undefined && { isLocal: provider.isLocal }),
    modelInfo: (model, signal) => provider.modelInfo(model, signal),
    listModels: (signal) => provider.listModels(signal),
    heartbeat: (model, signal) => provider.heartbeat(model, signal),
    close: () => provider.close(),
    async *generate(request: GenerateRequest): AsyncGenerator<ProviderEvent, void, undefined> {
      const estimate = estimateMessages(request.messages);
      const input = Math.ceil(estimate * scale);
      const model = { provider: provider.name, model: request.model, address };
      const reserved = meter.reserve(model, input, request.maxTokens);
      if ('scope' in reserved) {
        const { sentence, remedy } = explainRefusal(reserved);
        throw new ProviderError('budget', sentence, remedy);
      }
      const { maxTokens } = reserved;
      if (maxTokens < request.maxTokens) {
        yield { type: 'notice', text: `The budget leaves ${maxTokens} tokens for this answer.` };
      }
      let said: Usage | undefined;
      let output = 0;
      let failure: unknown;
      try {
        for await (const event of provider.generate({ ...request, maxTokens })) {
          if (event.type === 'text') output += estimateTokens(event.text);
          if (event.type === 'usage') said = event.usage;
          yield event;
        }
      } catch (error) {
        failure = error;
        throw error;
      } finally {
        if (said !== undefined && !said.estimated && estimate > 0 && said.inputTokens > 0) {
          scale = Math.min(3, Math.max(0.5, said.inputTokens / estimate));
        }
        const guess = { inputTokens: input, outputTokens: output, cachedTokens: 0, estimated: true };
        reserved.settle(said ?? (wasWorkedOn(failure, output > 0) ? guess : noUsage));
      }
    },
  };
}
