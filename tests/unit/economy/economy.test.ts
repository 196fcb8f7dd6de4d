import { describe, expect, it } from 'vitest';
import { estimateMessages, estimateTokens } from '../../../kernel/economy/estimate.ts';
import { sumUsage } from '../../../kernel/economy/usage.ts';

describe('economy', () => {
  it('sums usages and says when a part was estimated', () => {
    const said = { inputTokens: 10, outputTokens: 2, cachedTokens: 4, estimated: false };
    expect(sumUsage([])).toEqual({ inputTokens: 0, outputTokens: 0, cachedTokens: 0, estimated: false });
    expect(sumUsage([said, said])).toEqual({
      inputTokens: 20,
      outputTokens: 4,
      cachedTokens: 8,
      estimated: false,
    });
    expect(sumUsage([said, { ...said, estimated: true }]).estimated).toBe(true);
  });

  it('estimates tokens on the high side', () => {
    expect(estimateTokens('')).toBe(0);
    expect(estimateTokens('The quick brown fox jumps over the lazy dog.')).toBeGreaterThanOrEqual(10);
    expect(estimateTokens('日本語')).toBe(3);
    expect(estimateMessages([{ content: '' }, { content: '' }])).toBe(10);
  });
});
