import { describe, expect, it } from 'vitest';
import { noBudgets, type Budgets } from '../../../kernel/economy/budget-text.ts';
import { Meter } from '../../../kernel/economy/meter.ts';
import { meteredProvider } from '../../../kernel/economy/metered.ts';
import { loadPrices } from '../../../kernel/economy/prices.ts';
import {
  ProviderError,
  type GenerateRequest,
  type ProviderEvent,
} from '../../../kernel/providers/contract.ts';
import { ScriptedProvider, type ScriptedReply } from '../../support/scripted-provider.ts';

const prices = await loadPrices(false, { m: { input: 1, output: 1 } });
const request = (words = 100): GenerateRequest => ({
  ...{ model: 'm', messages: [{ role: 'user', content: 'word '.repeat(words) }], maxTokens: 1000 },
  ...{ temperature: 0, stop: [], signal: new AbortController().signal },
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

function session(
  replies: readonly (ScriptedReply | string)[],
  budgets: Partial<Budgets> = {},
): { meter: Meter; scripted: ScriptedProvider; ask: (given?: GenerateRequest) => Promise<ProviderEvent[]> } {
  const meter = new Meter({ prices, session: 's', limits: { ...noBudgets, ...budgets } });
  const scripted = new ScriptedProvider(replies);
  const provider = meteredProvider(scripted, meter);
  return { meter, scripted, ask: (given = request()) => all(provider.generate(given)) };
}

describe('a metered provider', () => {
  it('passes everything on and counts what the provider said', async () => {
    const usage = { inputTokens: 120, outputTokens: 4, cachedTokens: 60, estimated: false };
    const { meter, ask } = session([{ text: 'An answer.', usage }]);
    const events = await ask();
    expect(
      events
        .filter(({ type }) => type === 'text')
        .map((event) => 'text' in event && event.text)
        .join(''),
    ).toBe('An answer.');
    expect(meter.byModel('session')).toMatchObject([{ calls: 1, ...usage }]);
  });

  it('makes no call that the budget has no room for', async () => {
    const { meter, scripted, ask } = session(['no'], { session: { tokens: 150 } });
    const error = await ask().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ kind: 'budget', message: expect.stringContaining('150 tokens') as string });
    expect((error as ProviderError).remedy).toContain('%budget session');
    expect(scripted.requests).toEqual([]);
    expect(meter.byModel('session')).toEqual([]);
  });

  it('asks for no more than the budget has room for, and says so', async () => {
    const { scripted, ask } = session(['short'], { session: { tokens: 400 } });
    const [notice] = await ask();
    const [asked] = scripted.requests;
    expect(asked!.maxTokens).toBeLessThan(300);
    expect(notice).toEqual({
      type: 'notice',
      text: `The budget leaves ${asked!.maxTokens} tokens for this answer.`,
    });
  });

  it('counts a call that was aborted with what had come by then, as an estimate', async () => {
    const controller = new AbortController();
    const { meter, ask } = session([
      {
        text: 'word '.repeat(100),
        onPiece: (sent) => sent.length > 200 && controller.abort(),
        noUsage: true,
      },
    ]);
    await ask({ ...request(), signal: controller.signal });
    const usage = meter.byModel('session')[0]!;
    expect(usage.estimated).toBe(true);
    expect(usage.inputTokens).toBeGreaterThan(100);
    expect(usage.outputTokens).toBeGreaterThan(40);
    expect(usage.outputTokens).toBeLessThan(140);
  });

  it('counts one that nobody reads on', async () => {
    const { meter } = session([]);
    const provider = meteredProvider(new ScriptedProvider([{ text: 'word '.repeat(100) }]), meter);
    for await (const event of provider.generate(request())) if (event.type === 'text') break;
    expect(meter.byModel('session')).toMatchObject([{ calls: 1, estimated: true }]);
  });

  it.each([
    ['rate-limit', '', 0],
    ['unreachable', '', 0],
    ['timeout', '', 1],
    ['stream-broken', 'half an answer', 1],
    ['server', 'half an answer', 1],
  ] as const)('counts one that failed (%s after "%s") if it was worked on', async (kind, text, worked) => {
    const { meter, ask } = session([{ text, error: new ProviderError(kind, 'It failed.', 'Again.') }]);
    await expect(ask()).rejects.toMatchObject({ kind });
    const usage = meter.byModel('session')[0]!;
    expect([usage.calls, Math.sign(usage.inputTokens)]).toEqual([1, worked]);
  });

  it('learns how the provider counts, so that a budget is kept by its numbers', async () => {
    const usage = { inputTokens: 400, outputTokens: 1, cachedTokens: 0, estimated: false };
    const { scripted, ask } = session([{ text: 'a', usage }, 'b'], { session: { tokens: 1200 } });
    await ask();
    await ask();
    // 401 are used, and the same request will take 400 again.
    expect(scripted.requests[1]!.maxTokens).toBeLessThanOrEqual(400);
    expect(scripted.requests[1]!.maxTokens).toBeGreaterThan(380);
  });
});
