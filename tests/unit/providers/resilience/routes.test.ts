import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answer, request } from '../../../support/provider-tools.ts';
import type { Answer } from '../../../support/provider-tools.ts';
import { failure, line, resilient, route, Scripted } from './doubles.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

async function ask(subject: ReturnType<typeof resilient>, changes = {}): Promise<Answer> {
  const pending = answer(subject.generate(request('x', changes)));
  await vi.runAllTimersAsync();
  return pending;
}
const down = failure('unreachable');

describe('the circuit breaker', () => {
  const broken = async () => {
    const provider = new Scripted('p', [...Array.from({ length: 5 }, () => [failure('server')]), ['Good.']]);
    const subject = resilient([route(provider)], { retries: 0 });
    for (let call = 0; call < 5; call += 1) await ask(subject);
    return { provider, subject };
  };

  it('opens after five failures: then nothing is asked, and it is said until when', async () => {
    const { provider, subject } = await broken();
    const { error } = await ask(subject);
    expect(provider.requests).toHaveLength(5);
    expect(error).toMatchObject({ kind: 'server' });
    expect((error as Error).message).toBe(
      'p:m failed again and again, so it is not asked for 30 s. The last time: It failed: server.',
    );
    await vi.advanceTimersByTimeAsync(29_000);
    expect(((await ask(subject)).error as Error).message).toContain('not asked for 1 s');
    expect(provider.requests).toHaveLength(5);
  });

  it('lets one call try after half a minute; its success closes it', async () => {
    const { provider, subject } = await broken();
    await vi.advanceTimersByTimeAsync(30_000);
    const control = new AbortController();
    const first = subject.generate(request('x', { signal: control.signal }));
    await first.next();
    expect((await ask(subject)).error).toMatchObject({ kind: 'server' });
    expect(provider.requests).toHaveLength(6);
    for await (const event of first) expect(event.type).not.toBe('retry');
    expect((await ask(subject)).text).toBe('Good.');
  });

  it('opens again when that call fails', async () => {
    const provider = new Scripted('p', [[failure('server')]]);
    const subject = resilient([route(provider)], { retries: 0 });
    for (let call = 0; call < 5; call += 1) await ask(subject);
    await vi.advanceTimersByTimeAsync(70_000); // so long that the first failures do not count any more
    await ask(subject);
    await ask(subject);
    expect(provider.requests).toHaveLength(6);
  });

  it('failures that are further apart, or that no wait would mend, leave it closed', async () => {
    const rare = new Scripted('p', [[failure('server')]]);
    const seldom = resilient([route(rare)], { retries: 0 });
    for (let call = 0; call < 8; call += 1) {
      await ask(seldom);
      await vi.advanceTimersByTimeAsync(20_000);
    }
    expect(rare.requests).toHaveLength(8);
    const refusing = new Scripted('p', [[failure('bad-request')]]);
    const subject = resilient([route(refusing)]);
    for (let call = 0; call < 8; call += 1) await ask(subject);
    expect(refusing.requests).toHaveLength(8);
  });

  it('an interrupted trial says nothing: the next call may try', async () => {
    const { provider, subject } = await broken();
    await vi.advanceTimersByTimeAsync(30_000);
    const silent = new Scripted('p', [[5000], ['Good.']]);
    provider.generate = (asked) => silent.generate(asked);
    const control = new AbortController();
    const pending = answer(subject.generate(request('x', { signal: control.signal })));
    await vi.advanceTimersByTimeAsync(10);
    control.abort();
    await pending;
    expect((await ask(subject)).text).toBe('Good.');
  });
});

describe('several keys', () => {
  it('a key that must wait gives way to another at once, which then stays', async () => {
    const a = new Scripted('p', [[failure('rate-limit', 30_000)], ['A']]);
    const b = new Scripted('p', [['B']]);
    const subject = resilient([route([a, b])]);
    expect(line((await ask(subject)).events)).toBe('[retry 2 in 0]B.stop');
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await ask(subject)).text).toBe('B');
    expect(a.requests).toHaveLength(1);
  });

  it('a refused key gives way, too; when all are refused that is the error', async () => {
    const a = new Scripted('p', [[failure('auth')]]);
    const b = new Scripted('p', [['B'], [failure('auth')]]);
    const subject = resilient([route([a, b])]);
    expect((await ask(subject)).text).toBe('B');
    expect((await ask(subject)).error).toMatchObject({ kind: 'auth' });
    expect([a.requests.length, b.requests.length]).toEqual([2, 2]);
  });

  it('keys that all fail are tried in bounded number', async () => {
    const keys = ['a', 'b', 'c'].map(() => new Scripted('p', [[failure('rate-limit')]]));
    const subject = resilient([route(keys as [Scripted, ...Scripted[]])], { retries: 1 });
    expect((await ask(subject)).error).toMatchObject({ kind: 'rate-limit' });
    expect(keys.map((key) => key.requests.length)).toEqual([2, 2, 2]);
  });

  it('a session begins with the key that it is given', async () => {
    const [a, b] = [new Scripted('p', [['A']]), new Scripted('p', [['B']])];
    expect((await ask(resilient([route([a, b], { firstKey: 1 })]))).text).toBe('B');
  });
});

describe('fallbacks', () => {
  it('answer when the provider does not; half of its text is void; who answers is told', async () => {
    const first = new Scripted('first', [['Half', failure('server')], [failure('server')], ['Back.']]);
    const second = new Scripted('second', [['Whole.']]);
    const subject = resilient([route(first), route(second)], { retries: 1 });
    const { events } = await ask(subject);
    expect(line(events)).toBe(
      'Half[retry 2 in 1000][retry 3 in 0]<second:m>' +
        '{second:m answers now, not first:m: It failed: server. It was tried 2 times.}Whole..stop',
    );
    expect(line((await ask(subject)).events)).toBe('{first:m answers now, not second:m.}Back..stop');
  });

  it('are not kept waiting for a provider that asks for patience', async () => {
    const first = new Scripted('first', [[failure('rate-limit', 20_000)]]);
    const subject = resilient([route(first), route(new Scripted('second', [['Good.']]))]);
    const before = performance.now();
    expect((await ask(subject)).text).toBe('Good.');
    expect(performance.now() - before).toBeLessThan(5000);
  });

  it.each(['auth', 'model-missing', 'setup', 'timeout'] as const)('stand in for %s', async (kind) => {
    const first = new Scripted('first', [[failure(kind)]]);
    expect((await ask(resilient([route(first), route(new Scripted('second', [['Good.']]))]))).text).toBe(
      'Good.',
    );
  });

  it.each(['overflow', 'bad-request', 'script'] as const)('would not help with %s', async (kind) => {
    const second = new Scripted('second', [['Good.']]);
    const { error } = await ask(resilient([route(new Scripted('first', [[failure(kind)]])), route(second)]));
    expect(error).toMatchObject({ kind });
    expect(second.requests).toHaveLength(0);
  });

  it('the error is that of the provider, and names what the others said', async () => {
    const routes = [
      route(new Scripted('first', [[failure('auth')]])),
      route(new Scripted('second', [[failure('bad-request')]])),
      route(new Scripted('third', [[failure('model-missing')]])),
    ] as const;
    const { error } = await ask(resilient([...routes]));
    expect(error).toMatchObject({ kind: 'auth', remedy: 'Mend it.' });
    expect((error as Error).message).toBe(
      'It failed: auth. The fallbacks failed, too. second:m: It failed: bad-request. third:m: It failed: model-missing.',
    );
  });

  it('a context that is too small is passed over, which is said once', async () => {
    const first = new Scripted('first', [[failure('auth')]]);
    const small = new Scripted('small', [['Small.']]);
    const large = new Scripted('large', [['Large.']]);
    small.info = () =>
      Promise.resolve({ id: 'm', contextLength: 100, contextLengthKnown: true, vision: false });
    const subject = resilient([route(first), route(small), route(large)]);
    const { events, text } = await ask(subject, { maxTokens: 100 });
    expect(text).toBe('Large.');
    expect(line(events)).toContain(
      '{small:m is passed over: the request needs about 106 tokens and 100 fit.}',
    );
    expect(line((await ask(subject, { maxTokens: 100 })).events)).not.toContain('is passed over');
    expect(small.requests).toHaveLength(0);
    expect((await ask(subject, { maxTokens: 50 })).text).toBe('Small.');
    expect(line((await ask(subject, { maxTokens: 100 })).events)).toContain('{small:m is passed over');
  });

  it('a context that is only guessed is no reason', async () => {
    const small = new Scripted('small', [['Small.']]);
    small.info = () =>
      Promise.resolve({ id: 'm', contextLength: 1, contextLengthKnown: false, vision: false });
    expect((await ask(resilient([route(new Scripted('first', [[down]])), route(small)]))).text).toBe(
      'Small.',
    );
  });

  it('a fallback that can’t tell its context is asked; a bug there is not hidden', async () => {
    const odd = new Scripted('odd', [['Odd.']]);
    odd.info = () => Promise.reject(failure('server'));
    const subject = resilient([route(new Scripted('first', [[down]])), route(odd)]);
    expect((await ask(subject)).text).toBe('Odd.');
    odd.info = () => Promise.reject(new TypeError('a bug'));
    expect((await ask(subject)).error).toBeInstanceOf(TypeError);
  });

  it('an interrupt between two providers ends the turn', async () => {
    const control = new AbortController();
    const first = new Scripted('first', [[failure('unreachable')]]);
    const second = new Scripted('second', [['Good.']]);
    second.info = () => {
      control.abort();
      return Promise.reject(failure('server'));
    };
    const { events, error } = await ask(resilient([route(first), route(second)]), { signal: control.signal });
    expect(error).toBeUndefined();
    expect(events.at(-1)).toEqual({ type: 'stop', reason: 'aborted' });
  });
});

describe('the order', () => {
  const three = () =>
    ['a', 'b', 'c'].map((name, at) => new Scripted(name, [[[300, 100, 200][at] ?? 0, name]])) as [
      Scripted,
      Scripted,
      Scripted,
    ];

  it('cheapest: by price, those without one last', async () => {
    const [a, b, c] = three();
    const prices: Record<string, number | undefined> = { b: 2, c: 1 };
    const subject = resilient([route(a), route(b), route(c)], {
      order: 'cheapest',
      priceOf: (name) => prices[name],
    });
    expect(line((await ask(subject)).events)).toBe('<c:m>{c:m answers now, not a.}c.stop');
    expect(line((await ask(subject)).events)).toBe('<c:m>c.stop');
  });

  it('fastest: each once, then the one whose first token comes soonest', async () => {
    const [a, b, c] = three();
    const subject = resilient([route(a), route(b), route(c)], { order: 'fastest' });
    const texts: string[] = [];
    for (let call = 0; call < 6; call += 1) texts.push((await ask(subject)).text);
    expect(texts.join('')).toBe('abcbbb');
  });

  it('the error is still that of the provider that was asked for', async () => {
    const cheap = new Scripted('cheap', [[failure('model-missing')]]);
    const subject = resilient([route(new Scripted('first', [[failure('auth')]])), route(cheap)], {
      order: 'cheapest',
      priceOf: (name) => (name === 'cheap' ? 0 : 1),
    });
    expect((await ask(subject)).error).toMatchObject({ kind: 'auth' });
  });
});

describe('a provider that was idle', () => {
  const idle = async (list: () => Promise<readonly string[]>, isRemote = true) => {
    const provider = new Scripted('p', [['Good.']]);
    const subject = resilient([route(provider, { isRemote })], { retries: 0 });
    await ask(subject);
    provider.list = list;
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    return { provider, result: await ask(subject) };
  };

  it('is asked for its models first; where nobody answers, the prompt is not sent', async () => {
    const { provider, result } = await idle(() => Promise.reject(down));
    expect(result.error).toMatchObject({ kind: 'unreachable' });
    expect(provider.requests).toHaveLength(1);
  });

  it('is not waited for longer than five seconds', async () => {
    const { provider, result } = await idle(() => new Promise(() => undefined));
    expect(result.error).toMatchObject({ kind: 'timeout' });
    expect((result.error as Error).message).toContain('did not list its models in 5 s');
    expect(provider.requests).toHaveLength(1);
  });

  it.each([
    ['a list', () => Promise.resolve(['m'])],
    ['no list', () => Promise.reject(failure('bad-request'))],
  ])('that has %s gets the prompt', async (_what, list) => {
    const { provider, result } = await idle(list);
    expect(result.text).toBe('Good.');
    expect(provider.lists).toBe(1);
  });

  it('is not asked where it is on this machine, nor while it is in use', async () => {
    const { provider } = await idle(() => Promise.reject(down), false);
    expect([provider.lists, provider.requests.length]).toEqual([0, 2]);
    const busy = new Scripted('p', [['Good.']]);
    const subject = resilient([route(busy)]);
    for (let call = 0; call < 3; call += 1) {
      await ask(subject);
      await vi.advanceTimersByTimeAsync(4 * 60_000);
    }
    expect(busy.lists).toBe(0);
  });

  it('an interrupt ends the question', async () => {
    const provider = new Scripted('p', [['Good.']]);
    const subject = resilient([route(provider)]);
    await ask(subject);
    provider.list = () => new Promise(() => undefined);
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    const control = new AbortController();
    const pending = answer(subject.generate(request('x', { signal: control.signal })));
    await vi.advanceTimersByTimeAsync(100);
    control.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(line((await pending).events)).toBe('.aborted');
  });
});

describe('as a provider', () => {
  const signal = new AbortController().signal;
  const known = { id: 'm', contextLength: 1000, contextLengthKnown: true, vision: false };

  it('has the name of the first, its heartbeat and list, and closes all', async () => {
    const [a, b] = [new Scripted('a', [['A']], true), new Scripted('b', [['B']])];
    const subject = resilient([route(a), route(b)]);
    expect(subject.name).toBe('a');
    expect((await subject.heartbeat('m', signal)).detail).toBe('a answers');
    expect(await subject.listModels(signal)).toEqual(['m']);
    await subject.close();
    expect([a.closed, b.closed]).toEqual([1, 1]);
  });

  it('goes on from a reply that we began only where all can', () => {
    const can = () => route(new Scripted('a', [['A']], true));
    expect(resilient([can(), can()]).canBegin).toBe(true);
    expect(resilient([can(), route(new Scripted('b', [['B']]))]).canBegin).toBe(false);
  });

  it('is one of this machine only where all are', () => {
    const local = () => route(Object.assign(new Scripted('a', [['A']]), { isLocal: true }));
    expect(resilient([local(), local()]).isLocal).toBe(true);
    expect(resilient([local(), route(new Scripted('b', [['B']]))]).isLocal).toBe(false);
  });

  it('asks again for what a model is', async () => {
    const a = new Scripted('a', [['A']]);
    let calls = 0;
    a.info = () => (++calls < 3 ? Promise.reject(failure('server')) : Promise.resolve(known));
    const pending = resilient([route(a)]).modelInfo('m', signal);
    await vi.runAllTimersAsync();
    expect(await pending).toEqual(known);
  });

  it('asks a fallback where the provider can’t tell', async () => {
    const [a, b, c] = [new Scripted('a', []), new Scripted('b', []), new Scripted('c', [])];
    a.info = () => Promise.reject(failure('auth'));
    b.info = a.info;
    const routes = [route(a), route(b), route(c)] as const;
    expect(await resilient([...routes]).modelInfo('m', signal)).toEqual(known);
    c.info = a.info;
    await expect(resilient([...routes]).modelInfo('m', signal)).rejects.toMatchObject({ kind: 'auth' });
    b.info = () => Promise.reject(new TypeError('a bug'));
    await expect(resilient([...routes]).modelInfo('m', signal)).rejects.toBeInstanceOf(TypeError);
    a.info = b.info;
    await expect(resilient([...routes]).modelInfo('m', signal)).rejects.toBeInstanceOf(TypeError);
  });

  it('asks again who could not tell, once and without waiting, and believes it when it can', async () => {
    const [a, b] = [new Scripted('a', []), new Scripted('b', [])];
    let calls = 0;
    a.info = () => {
      calls += 1;
      return Promise.reject(failure('unreachable'));
    };
    b.info = () => Promise.resolve({ ...known, id: 'small', contextLength: 100 });
    const subject = resilient([route(a), route(b)]);
    const first = subject.modelInfo('m', signal);
    await vi.runAllTimersAsync();
    expect(await first).toMatchObject({ contextLength: 100 });
    const callsOfFirst = calls;
    expect(await subject.modelInfo('m', signal)).toMatchObject({ contextLength: 100 });
    expect(calls).toBe(callsOfFirst + 1);
    a.info = () => Promise.resolve(known);
    expect(await subject.modelInfo('m', signal)).toEqual(known);
  });

  it('that stood for one which was down tells of that one as soon as it answers', async () => {
    const [a, b] = [new Scripted('a', [[down], ['Back.']]), new Scripted('b', [['B']])];
    a.info = () => Promise.resolve({ ...known, contextLength: 9000 });
    const routes = [route(a), route(b)] as const;
    const subject = resilient([...routes], { nominal: routes[1], retries: 0 });
    await ask(subject);
    expect(await subject.modelInfo('m', signal)).toEqual(known);
    expect((await ask(subject)).text).toBe('Back.');
    expect(await subject.modelInfo('m', signal)).toMatchObject({ contextLength: 9000 });
  });
});
