import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ProviderError } from '../../../../kernel/providers/contract.ts';
import { answer, request } from '../../../support/provider-tools.ts';
import { failure, resilient, route, Scripted } from './doubles.ts';
import type { Step } from './doubles.ts';

const seed = Number(process.env['REPLIQUE_SEED'] ?? Date.now() % 2 ** 31);
console.log(`resilience seed ${seed}`);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const passing = ['rate-limit', 'server', 'stream-broken'] as const;
const anyError = fc
  .tuple(
    fc.constantFrom(...passing, 'unreachable', 'timeout', 'auth', 'overflow', 'bad-request', 'setup'),
    fc.option(fc.integer({ min: 0, max: 90_000 }), { nil: undefined }),
  )
  .map(([kind, retryAfterMs]) => failure(kind, retryAfterMs));
const piece = fc.oneof(
  fc.string({ minLength: 1, maxLength: 5 }),
  fc.integer({ min: 0, max: 15_000 }),
  fc.constant({ notice: 'busy' }),
);
const call: fc.Arbitrary<readonly Step[]> = fc
  .tuple(fc.array(piece, { maxLength: 5 }), fc.option(anyError))
  .map(([steps, error]) => (error === null ? steps : [...steps, error]));
const scripts = fc.array(call, { minLength: 1, maxLength: 6 });
const textOf = (script: readonly Step[]): string =>
  script.filter((step) => typeof step === 'string').join('');

it('whatever happens, a turn ends with one whole answer, an error or the interrupt, and leaves no timer', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(scripts, { minLength: 1, maxLength: 3 }),
      fc.option(fc.integer({ min: 0, max: 60_000 })),
      async (perRoute, interruptMs) => {
        const providers = perRoute.map((own, at) => new Scripted(`p${at}`, own));
        const [first, ...others] = providers.map((provider) => route(provider));
        if (first === undefined) return;
        const control = new AbortController();
        const subject = resilient([first, ...others], { turnMs: 300_000 });
        const pending = answer(subject.generate(request('x', { signal: control.signal })));
        if (interruptMs !== null) setTimeout(() => control.abort(), interruptMs);
        await vi.runAllTimersAsync();
        const { events, error } = await pending;
        const since = events.findLastIndex(({ type }) => type === 'retry') + 1;
        const kept = events
          .slice(since)
          .map((event) => (event.type === 'text' ? event.text : ''))
          .join('');
        const end = events.at(-1);
        expect(events.filter(({ type }) => type === 'usage')).toHaveLength(1);
        if (error !== undefined) expect(error).toBeInstanceOf(ProviderError);
        else if (end?.type === 'stop' && end.reason === 'stop') {
          expect(perRoute.flat().map(textOf)).toContain(kept);
        } else {
          expect(end).toEqual({ type: 'stop', reason: 'aborted' });
          expect(control.signal.aborted).toBe(true);
        }
        for (const { requests } of providers) expect(requests.length).toBeLessThanOrEqual(4);
        expect(vi.getTimerCount()).toBe(0);
      },
    ),
    { seed, numRuns: 500 },
  );
});

it('what three retries can save is saved', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.string({ maxLength: 5 }), fc.constantFrom(...passing)), { maxLength: 3 }),
      async (faults) => {
        const failing = faults.map(([half, kind]): Step[] => [half, failure(kind)]);
        const subject = resilient([route(new Scripted('p', [...failing, ['Whole.']]))]);
        const pending = answer(subject.generate(request('x')));
        await vi.runAllTimersAsync();
        const { events, error } = await pending;
        expect(error).toBeUndefined();
        expect(events.filter(({ type }) => type === 'retry')).toHaveLength(faults.length);
      },
    ),
    { seed, numRuns: 200 },
  );
});
