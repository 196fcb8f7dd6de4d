import { ProviderError, type ProviderErrorKind, type Usage } from '../providers/contract.ts';

export const noUsage: Usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, estimated: false };

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

/** A call that fails like this before its first word was not worked on, and is not charged for. */
const unworked: ReadonlySet<ProviderErrorKind> = new Set([
  ...(['auth', 'unreachable', 'model-missing', 'rate-limit', 'overflow', 'budget', 'bad-request'] as const),
  ...(['server', 'script', 'setup'] as const),
]);

/** Whether a call that failed may have used tokens. */
export function wasWorkedOn(failure: unknown, hasText: boolean): boolean {
  return hasText || !(failure instanceof ProviderError && unworked.has(failure.kind));
}
