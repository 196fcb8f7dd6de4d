import { describe, expect, it } from 'vitest';
import { Meter } from '../../../kernel/economy/meter.ts';
import type { Limits } from '../../../kernel/economy/allowance.ts';

const call = (model: string) => ({ model: { provider: 'p', model }, inputTokens: 1000, maxTokens: 500 });
/** A dollar for a thousand tokens read, two for as many written; of the model `free` no price is known. */
const prices = (
  model: { model: string },
  usage: { inputTokens: number; outputTokens: number },
): number | undefined =>
  model.model === 'free' ? undefined : usage.inputTokens / 1000 + usage.outputTokens / 500;

function why(limits: { cell?: Limits; session?: Limits; day?: Limits }, models: readonly string[]): unknown {
  const meter = new Meter({ prices, limits: { cell: {}, session: {}, day: {}, ...limits }, session: 's' });
  const refusal = meter.whyNotAll(models.map(call));
  return refusal && [refusal.scope, refusal.shortage];
}

describe('calls that are to be made side by side', () => {
  it.each([
    [{}, ['a', 'b'], undefined],
    [{ cell: { tokens: 3000 } }, ['a', 'b'], undefined],
    [{ cell: { tokens: 2999 } }, ['a', 'b'], ['cell', 'tokens']],
    [{ session: { tokens: 1600 } }, ['a', 'b'], ['session', 'tokens']],
    [{ session: { dollars: 4 } }, ['a', 'b'], undefined],
    [{ session: { dollars: 3.9 } }, ['a', 'b'], ['session', 'tokens']],
    [{ session: { dollars: 1 } }, ['a', 'b'], ['session', 'dollars']],
    [{ cell: { dollars: 100 } }, ['a', 'free'], ['cell', 'no price']],
    [{ cell: { seconds: 0 } }, ['a'], ['cell', 'seconds']],
    [{ day: { tokens: 1_000_000 } }, ['a'], ['day', 'no record']],
  ] as const)('%j, %j: %j', (limits, models, expected) => {
    expect(why(limits, models)).toEqual(expected);
  });

  it('are counted with those that are open', () => {
    const limits = { cell: {}, session: { tokens: 4000 }, day: {} };
    const meter = new Meter({ prices, limits, session: 's' });
    const open = meter.reserve({ provider: 'p', model: 'a' }, 1000, 500);
    expect(meter.whyNotAll([call('a'), call('a')])).toMatchObject({ scope: 'session' });
    if ('settle' in open)
      open.settle({ inputTokens: 10, outputTokens: 10, cachedTokens: 0, estimated: false });
    expect(meter.whyNotAll([call('a'), call('a')])).toBeUndefined();
  });
});
