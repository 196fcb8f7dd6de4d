import { estimateMessages } from '../../economy/estimate.ts';
import type { GenerateRequest, ModelInfo } from '../contract.ts';

/** Why a model can't take a request, in a clause; `undefined` where it can, or where its context is not known. */
export function unfit(info: ModelInfo, request: GenerateRequest): string | undefined {
  if (!info.contextLengthKnown) return undefined;
  const needed = estimateMessages(request.messages) + request.maxTokens;
  if (needed <= info.contextLength) return undefined;
  return `the request needs about ${needed} tokens and ${info.contextLength} fit`;
}
