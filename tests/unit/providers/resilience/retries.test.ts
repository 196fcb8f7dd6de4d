import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProviderErrorKind } from '../../../../kernel/providers/contract.ts';
import { answer, request } from '../../../support/provider-tools.ts';
import type { Answer } from '../../../support/provider-tools.ts';
import { failure, line, resilient, route, Scripted } from './doubles.ts';
import type { Step } from './doubles.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Runs a call while the clock goes on by itself. */
async function played(pending: Promise<Answer>): Promise<Answer> {
  await vi.runAllTimersAsync();
  return pending;
}

const one = (scripts: readonly (readonly Step[])[], options = {}) => {
  const provider = new Scripted('p', scripts);
  return { provider, subject: resilient([route(provider)], options) };
};

describe('retries', () => {
  it('a stream that breaks in the middle begins anew, and what it said is void', async () => {
    const { subject } = one([['Half', failure('stream-broken')], ['Whole.']]);
    const { events, error } = await played(answer(subject.generate(request('x'))));
    expect(error).toBeUndefined();
    expect(line(events)).toBe('Half[retry 2 in 1000]Whole..stop');
    expect(events.find((event) => event.type === 'retry')).toMatchObject({
      reason: 'It failed: stream-broken.',
    });
  });

  it('waits longer each time, by chance less, and ends after the configured number', async () => {
    const { subject, provider } = one([[failure('server')]]);
    const { events, error } = await played(answer(subject.generate(request('x'))));
    expect(line(events)).toBe('[retry 2 in 1000][retry 3 in 2000][retry 4 in 4000]');
    expect(error).toMatchObject({ kind: 'server', message: 'It failed: server. It was tried 4 times.' });
    expect(provider.requests).toHaveLength(4);
    const less = one([[failure('server')], ['Good.']], { random: () => 0.25 });
    expect(line((await played(answer(less.subject.generate(request('x'))))).events)).toContain('in 250');
  });

  it('never waits for less than the provider asks', async () => {
    const { subject } = one([[failure('rate-limit', 7000)], ['Good.']], { random: () => 0 });
    expect(line((await played(answer(subject.generate(request('x'))))).events)).toBe(
      '[retry 2 in 7000]Good..stop',
    );
  });

  it('does not wait for longer than it may, and says so', async () => {
    const { subject, provider } = one([[failure('rate-limit', 3_600_000)]]);
    const { error } = await played(answer(subject.generate(request('x'))));
    expect(provider.requests).toHaveLength(1);
    expect(error).toMatchObject({ kind: 'rate-limit', retryAfterMs: 3_600_000 });
    expect((error as { remedy: string }).remedy).toMatch(/in 3600 s.*at most 60 s.*REPLIQUE_RETRY_SECONDS/);
  });

  it('all waits of a turn together are bounded', async () => {
    const { subject, provider } = one([[failure('rate-limit', 25_000)]]);
    await played(answer(subject.generate(request('x'))));
    expect(provider.requests).toHaveLength(3);
  });

  it('a key that asked for a rest is left in peace by the next turn, too', async () => {
    const { subject, provider } = one([[failure('rate-limit', 20_000)], ['Good.']], { retries: 0 });
    await played(answer(subject.generate(request('x'))));
    const { events } = await played(answer(subject.generate(request('x'))));
    expect(line(events)).toBe('[retry 1 in 20000]Good..stop');
    expect(provider.requests).toHaveLength(2);
  });

  it.each<[ProviderErrorKind, number]>([
    ['auth', 1],
    ['bad-request', 1],
    ['model-missing', 1],
    ['overflow', 1],
    ['script', 1],
    ['setup', 1],
    ['timeout', 2],
    ['unreachable', 3],
    ['rate-limit', 4],
    ['stream-broken', 4],
  ])('%s: %i calls', async (kind, calls) => {
    const { subject, provider } = one([[failure(kind)]]);
    const { error } = await played(answer(subject.generate(request('x'))));
    expect(error).toMatchObject({ kind });
    expect(provider.requests).toHaveLength(calls);
  });

  it.each<[ProviderErrorKind[], number]>([
    [['rate-limit', 'timeout'], 3],
    [['server', 'unreachable', 'unreachable'], 4],
    [['timeout', 'server', 'timeout', 'server'], 3],
    [['server', 'unreachable', 'server', 'timeout'], 4],
  ])('after %j: %i calls, for each kind counts for itself', async (kinds, calls) => {
    const { subject, provider } = one([...kinds.map((kind) => [failure(kind)]), ['Good.']]);
    const { error } = await played(answer(subject.generate(request('x'))));
    expect(provider.requests).toHaveLength(calls);
    expect(error === undefined).toBe(calls > kinds.length);
  });

  it('an interrupt ends a wait at once', async () => {
    const { subject, provider } = one([[failure('rate-limit', 30_000)]]);
    const control = new AbortController();
    const pending = answer(subject.generate(request('x', { signal: control.signal })));
    await vi.advanceTimersByTimeAsync(1000);
    control.abort();
    const { events, error } = await pending;
    expect(error).toBeUndefined();
    expect(line(events)).toBe('[retry 2 in 30000].aborted');
    expect(provider.requests).toHaveLength(1);
  });

  it('what is no failure of a provider is a bug, and not hidden', async () => {
    const { subject } = one([[new TypeError('a bug')]]);
    expect((await played(answer(subject.generate(request('x'))))).error).toBeInstanceOf(TypeError);
  });

  it('a stream that just ends is broken off', async () => {
    const { subject, provider } = one([['Good.']]);
    provider.generate = async function* () {
      await Promise.resolve();
      yield { type: 'text', text: 'x' };
    };
    expect((await played(answer(subject.generate(request('x'))))).error).toMatchObject({
      kind: 'stream-broken',
    });
  });
});

describe('usage', () => {
  const usageOf = ({ events }: Answer) =>
    events.flatMap((event) => (event.type === 'usage' ? [event.usage] : []));
  const estimated = 6; // one token of "x", five of its message

  it('is that of all attempts: what a broken one used is estimated', async () => {
    const { subject } = one([['1234567', failure('stream-broken')], ['Whole.']]);
    const result = await played(answer(subject.generate(request('x'))));
    expect(usageOf(result)).toEqual([
      { inputTokens: 10 + estimated, outputTokens: 2 + 2, cachedTokens: 0, estimated: true },
    ]);
    expect(result.events.find((event) => event.type === 'retry')).toMatchObject({
      spent: { inputTokens: estimated, outputTokens: 2 },
    });
  });

  it('of a call that was refused is nothing', async () => {
    const { subject } = one([[failure('rate-limit')], [failure('server')], ['Whole.']]);
    expect(usageOf(await played(answer(subject.generate(request('x')))))).toEqual([
      { inputTokens: 10, outputTokens: 2, cachedTokens: 0, estimated: false },
    ]);
  });

  it('is said before the error, too', async () => {
    const { subject } = one([['1234567', failure('server')]], { retries: 1 });
    const result = await played(answer(subject.generate(request('x'))));
    expect(result.error).toMatchObject({ kind: 'server' });
    expect(usageOf(result)).toEqual([
      { inputTokens: 2 * estimated, outputTokens: 4, cachedTokens: 0, estimated: true },
    ]);
  });

  it('a prompt that a silent provider read counts', async () => {
    const { subject } = one([[60_000]], { retries: 0 });
    expect(usageOf(await played(answer(subject.generate(request('x')))))).toMatchObject([
      { inputTokens: estimated },
    ]);
  });
});

describe('time limits', () => {
  it('the first token', async () => {
    const { subject, provider } = one([[11_000, 'late']], { retries: 0 });
    const { error } = await played(answer(subject.generate(request('x'))));
    expect(error).toMatchObject({
      kind: 'timeout',
      message: 'p:m did not begin to answer in 10 s (time limit: first token).',
      remedy: 'Run the cell again; `REPLIQUE_FIRST_TOKEN_SECONDS` allows more.',
    });
    expect(provider.requests[0]?.signal.aborted).toBe(true);
  });

  it('between tokens', async () => {
    const { subject, provider } = one([[9000, 'a', 1900, 'b', 2100, 'c']], { retries: 0 });
    const { error, text } = await played(answer(subject.generate(request('x'))));
    expect(text).toBe('ab');
    expect(error).toMatchObject({ kind: 'timeout' });
    expect((error as Error).message).toContain('paused for 2 s in its answer (time limit: between tokens)');
    expect((error as { remedy: string }).remedy).toContain('REPLIQUE_TOKEN_GAP_SECONDS');
    expect(provider.requests[0]?.signal.aborted).toBe(true);
  });

  it('the whole turn, and that is not tried again', async () => {
    const tokens = Array.from({ length: 100 }, () => [1000, 'a']).flat();
    const { subject, provider } = one([tokens], { turnMs: 30_500 });
    const { error, text } = await played(answer(subject.generate(request('x'))));
    expect(text).toHaveLength(30);
    expect((error as Error).message).toContain('time limit: whole turn');
    expect((error as { remedy: string }).remedy).toContain('REPLIQUE_TURN_SECONDS');
    expect(provider.requests).toHaveLength(1);
  });

  it('the whole turn counts the waits', async () => {
    const { subject } = one([[failure('rate-limit', 50_000)]], { turnMs: 20_000 });
    const { error } = await played(answer(subject.generate(request('x'))));
    expect((error as Error).message).toContain('time limit: whole turn');
  });

  it('a notice is a sign of life', async () => {
    const { subject } = one([[9000, { notice: 'loading' }, 9000, { notice: 'still' }, 9000, 'Good.']]);
    const { events } = await played(answer(subject.generate(request('x'))));
    expect(line(events)).toBe('{loading}{still}Good..stop');
  });

  it('a slow reader costs the provider nothing', async () => {
    const { subject } = one([['a', 'b']]);
    const texts: string[] = [];
    const reading = (async () => {
      for await (const event of subject.generate(request('x'))) {
        if (event.type === 'text') texts.push(event.text);
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      }
    })();
    await vi.runAllTimersAsync();
    await reading;
    expect(texts).toEqual(['a', 'b']);
  });

  it('a provider that does not heed an abort is left after a second', async () => {
    const { subject, provider } = one([['a']]);
    provider.generate = async function* () {
      yield { type: 'text', text: 'a' };
      await new Promise(() => undefined);
    };
    const control = new AbortController();
    const pending = answer(subject.generate(request('x', { signal: control.signal })));
    await vi.advanceTimersByTimeAsync(100);
    control.abort();
    await vi.advanceTimersByTimeAsync(1100);
    expect(line((await pending).events)).toBe('a.aborted');
  });
});

it('who stops reading ends the call below', async () => {
  const { subject, provider } = one([['a', 100_000, 'b']]);
  for await (const event of subject.generate(request('x'))) {
    if (event.type === 'text') break;
  }
  expect(provider.requests[0]?.signal.aborted).toBe(true);
});
