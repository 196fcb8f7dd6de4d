import { describe, expect, it } from 'vitest';
import { withNames } from '../../../kernel/providers/chat-completions.ts';
import { ProviderError, type Provider } from '../../../kernel/providers/contract.ts';
import { heartbeat } from '../../../kernel/providers/heartbeat.ts';
import { bestModel } from '../../../kernel/providers/ollama-models.ts';
import { afterAttempts, allFailed, waitTooLong } from '../../../kernel/providers/resilience/explain.ts';

it('a remedy names a dozen of the models that there are', () => {
  const names = Array.from({ length: 14 }, (_, at) => `m${at}`);
  expect(withNames('Set another.', [])).toBe('Set another.');
  expect(withNames('Set another.', ['a', 'b'])).toBe('Set another. It has: a, b.');
  expect(withNames('Set another.', names)).toMatch(/m10, m11, and 2 more\.$/);
});

it('the largest of a family is chosen, in whatever order they are installed', () => {
  const model = (name: string, gigabytes: number) => ({ name, size: gigabytes * 2 ** 30 });
  const installed = [model('qwen2.5-coder:7b', 5), model('qwen2.5-coder:3b', 2)];
  expect(bestModel(installed, 2 ** 34)).toBe('qwen2.5-coder:7b');
  expect(bestModel(installed.toReversed(), 2 ** 34)).toBe('qwen2.5-coder:7b');
});

describe('what a provider’s failure comes to', () => {
  const error = new ProviderError('rate-limit', 'Too much.', 'Wait.', { status: 429, retryAfterMs: 5000 });

  it('says how often it was tried, and how long the next attempt would have to wait', () => {
    expect(afterAttempts(error, 1)).toBe(error);
    expect(afterAttempts(error, 3)).toMatchObject({
      ...{ kind: 'rate-limit', status: 429, retryAfterMs: 5000 },
      message: 'Too much. It was tried 3 times.',
    });
    expect(waitTooLong(error, 61_000, 30_000).remedy).toContain(
      'Its next attempt would be in 61 s; a turn waits at most 30 s in all',
    );
  });

  it('is a sentence even where nobody was asked', () => {
    expect(allFailed([])).toMatchObject({ message: 'No provider was asked.', remedy: 'Run the cell again.' });
  });
});

it('a check never fails with what it did not foresee', async () => {
  const broken: Pick<Provider, 'name' | 'generate'> = {
    name: 'mock',
    generate: () => {
      throw new TypeError('a defect');
    },
  };
  const beat = await heartbeat(broken, 'm', new AbortController().signal);
  expect(beat).toMatchObject({ ok: false, detail: 'mock failed in an unforeseen way.' });
});
