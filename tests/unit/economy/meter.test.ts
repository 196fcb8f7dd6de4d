import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noBudgets, type Budgets } from '../../../kernel/economy/budget-text.ts';
import { Meter, type Reservation } from '../../../kernel/economy/meter.ts';
import { loadPrices } from '../../../kernel/economy/prices.ts';

const model = { provider: 'openai', model: 'm' };
const prices = await loadPrices(false, { m: { input: 1, output: 2 } });
let clock = 0;

const meterWith = (budgets: Partial<Budgets>): Meter =>
  new Meter({ prices, session: 's', limits: { ...noBudgets, ...budgets }, now: () => clock });

function granted(found: ReturnType<Meter['reserve']>): Reservation {
  if ('scope' in found) throw new Error(`refused: ${found.scope}, ${found.shortage}`);
  return found;
}

const usage = (inputTokens: number, outputTokens: number): Parameters<Reservation['settle']>[0] => ({
  ...{ inputTokens, outputTokens, cachedTokens: 0, estimated: false },
});

describe('a budget', () => {
  it('caps the answer to what is left, and refuses one that would be too short', () => {
    const meter = meterWith({ session: { tokens: 1000 } });
    expect(granted(meter.reserve(model, 300, 500)).maxTokens).toBe(500);
    expect(granted(meter.reserve(model, 100, 500)).maxTokens).toBe(100);
    expect(meter.reserve(model, 0, 500)).toMatchObject({ scope: 'session', shortage: 'tokens' });
  });

  it('gives back what a call did not use', () => {
    const meter = meterWith({ session: { tokens: 1000 } });
    const call = granted(meter.reserve(model, 300, 700));
    expect(meter.reserve(model, 1, 100)).toMatchObject({ shortage: 'tokens' });
    call.settle(usage(290, 10));
    call.settle(usage(0, 0));
    expect(meter.byModel('session')).toMatchObject([{ calls: 1, inputTokens: 290, outputTokens: 10 }]);
    expect(granted(meter.reserve(model, 100, 1000)).maxTokens).toBe(600);
  });

  it('in dollars counts input and output at their prices', () => {
    const meter = meterWith({ cell: { dollars: 0.001 } });
    meter.beginCell(1);
    // 200 tokens of input cost $0.0002; the rest pays 400 of output.
    expect(granted(meter.reserve(model, 200, 1000)).maxTokens).toBe(400);
    expect(meter.reserve(model, 1, 100)).toMatchObject({ scope: 'cell', shortage: 'dollars' });
  });

  it('in dollars is not kept by guessing', () => {
    const meter = meterWith({ session: { dollars: 100 } });
    expect(meter.reserve({ provider: 'openai', model: 'unknown' }, 1, 100)).toMatchObject({
      shortage: 'no price',
    });
  });

  it('of a cell begins anew with the next; that of the session does not', () => {
    const meter = meterWith({ cell: { tokens: 200 }, session: { tokens: 500 } });
    for (const cell of [1, 2]) {
      meter.beginCell(cell);
      granted(meter.reserve(model, 100, 100)).settle(usage(100, 100));
      expect(meter.reserve(model, 1, 100)).toMatchObject({ scope: 'cell' });
    }
    meter.beginCell(3);
    expect(meter.reserve(model, 50, 100)).toMatchObject({ scope: 'session' });
  });

  it('in seconds ends with them', () => {
    clock = 1_000_000;
    const meter = meterWith({ cell: { seconds: 10 } });
    meter.beginCell(1);
    clock += 9_999;
    expect(meter.reserve(model, 1, 100)).toHaveProperty('maxTokens', 100);
    clock += 1;
    expect(meter.reserve(model, 1, 100)).toMatchObject({ scope: 'cell', shortage: 'seconds' });
    meter.beginCell(2);
    expect(meter.reserve(model, 1, 100)).toHaveProperty('maxTokens', 100);
  });

  it('is never overrun by calls that use no more than they were given, however they overlap', () => {
    const step = fc.record({
      input: fc.nat(400),
      output: fc.integer({ min: 1, max: 800 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      settles: fc.nat(3),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.nat(5000),
        fc.nat(3000),
        (steps, tokens, thousandths) => {
          const dollars = thousandths / 1_000_000;
          const meter = meterWith({ session: { tokens, dollars } });
          const open: (() => void)[] = [];
          for (const { input, output, share, settles } of steps) {
            const found = meter.reserve(model, input, output);
            if (!('scope' in found))
              open.push(() => found.settle(usage(input, Math.floor(found.maxTokens * share))));
            for (const settle of open.splice(0, settles)) settle();
          }
          for (const settle of open) settle();
          const [all] = meter.byModel('session');
          expect(all?.tokens ?? 0).toBeLessThanOrEqual(tokens);
          expect(all?.dollars ?? 0).toBeLessThanOrEqual(dollars + 1e-12);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});

it('calls without a known price are counted apart', () => {
  const meter = meterWith({});
  granted(meter.reserve(model, 1_000_000, 100)).settle(usage(1_000_000, 0));
  granted(meter.reserve({ provider: 'openai', model: 'unknown' }, 10, 100)).settle(usage(10, 5));
  expect(meter.byModel('session')).toMatchObject([
    { model: 'm', dollars: 1, unpriced: 0, calls: 1 },
    { model: 'unknown', dollars: 0, unpriced: 1, calls: 1, tokens: 15 },
  ]);
});
