import type { Usage } from '../providers/contract.ts';

const noUsage: Usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, estimated: false };

/** Sums usages; the sum is estimated if any of them is. */
export function sumUsage(usages: readonly Usage[]): Usage {
  return usages.reduce(
    (sum, usage) => ({
      inputTokens: sum.inputTokens + usage.inputTokens,
      outputTokens: sum.outputTokens + usage.outputTokens,
      cachedTokens: sum.cachedTokens + usage.cachedTokens,
      estimated: sum.estimated || usage.estimated,
    }),
    noUsage,
  );
}
