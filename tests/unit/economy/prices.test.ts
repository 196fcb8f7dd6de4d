import { expect, it } from 'vitest';
import { loadPrices } from '../../../kernel/economy/prices.ts';

const million = { inputTokens: 1_000_000, outputTokens: 1_000_000, cachedTokens: 0 };

it.each(['embedded', 'ollama', 'mock'])('a model of this machine (%s) costs nothing', async (provider) => {
  const prices = await loadPrices(false);
  expect(prices({ provider, model: 'gpt-4o-mini' }, million)).toBe(0);
});

it('the table knows models of paid services, and that cached input is cheaper', async () => {
  const prices = await loadPrices(true);
  const model = { provider: 'openai', model: 'gpt-4o-mini' };
  const full = prices(model, million);
  expect(full).toBeGreaterThan(0);
  expect(prices(model, { ...million, cachedTokens: 500_000 })).toBeLessThan(full!);
  expect(
    await loadPrices(true).then((groq) =>
      groq({ provider: 'groq', model: 'llama-3.3-70b-versatile' }, million),
    ),
  ).toBeGreaterThan(0);
});

it('what is not in the table, or is served from another address, has no price', async () => {
  const prices = await loadPrices(true);
  expect(prices({ provider: 'openai', model: 'no-such-model' }, million)).toBeUndefined();
  const elsewhere = { provider: 'openai', model: 'gpt-4o-mini', address: 'http://127.0.0.1:8000/v1' };
  expect(prices(elsewhere, million)).toBeUndefined();
  const usual = { ...elsewhere, address: 'https://api.openai.com/v1' };
  expect(prices(usual, million)).toBeGreaterThan(0);
});

it('prices of the configuration come first, those of one provider before those of any', async () => {
  const own = { m: { input: 1, output: 2 }, 'openai:m': { input: 10, output: 20, cached: 4 } };
  const prices = await loadPrices(true, own);
  const usage = { inputTokens: 1_000_000, outputTokens: 500_000, cachedTokens: 250_000 };
  expect(prices({ provider: 'openai', model: 'm' }, usage)).toBeCloseTo(7.5 + 1 + 10);
  expect(prices({ provider: 'ollama', model: 'm' }, usage)).toBeCloseTo(1 + 1);
});

it('more cached tokens than there was input are not believed', async () => {
  const prices = await loadPrices(true, { m: { input: 1, output: 1, cached: 0 } });
  const usage = { inputTokens: 1_000_000, outputTokens: 0, cachedTokens: 9_000_000 };
  expect(prices({ provider: 'openai', model: 'm' }, usage)).toBe(0);
});
