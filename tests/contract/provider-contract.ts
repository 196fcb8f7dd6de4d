import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProviderError } from '../../kernel/providers/contract.ts';
import type { Provider, ProviderErrorKind } from '../../kernel/providers/contract.ts';
import { answer, failureOf, request } from '../support/provider-tools.ts';
import type { Answer } from '../support/provider-tools.ts';

/** What the shared suite needs of a provider under test. */
export interface ContractSubject {
  /** Works, and answers `prompt` with at least five words, the same ones each time at temperature 0. */
  readonly provider: Provider;
  readonly model: string;
  readonly prompt: string;
  /** Whether `maxTokens` ends the answer; a script does not heed it. */
  readonly limitsTokens: boolean;
  readonly countsTokens: boolean;
  /** Providers for which the same call fails, and how. */
  readonly failures: readonly FailingSubject[];
  /** Must be in no error's text. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

interface FailingSubject {
  readonly kind: ProviderErrorKind;
  readonly provider: Provider;
  readonly model?: string;
  readonly prompt?: string;
  /** The heartbeat's own prompt is short, so it may well succeed where `prompt` is at fault. */
  readonly heartbeatWorks?: boolean;
}

const hangMs = 20_000;

/** Checks every rule of kernel/providers/contract.ts on one provider. */
export function providerContract(name: string, open: () => Promise<ContractSubject>): void {
  describe(`provider contract: ${name}`, { timeout: 60_000 }, () => {
    let subject: ContractSubject;
    beforeAll(async () => {
      subject = await open();
    }, 300_000);
    afterAll(() => (subject as ContractSubject | undefined)?.close());

    const ask = (changes: Parameters<typeof request>[1] = {}): ReturnType<typeof request> =>
      request(subject.prompt, { model: subject.model, ...changes });

    test('text, then one usage, then one stop', async () => {
      const result = await answer(subject.provider.generate(ask()));
      expectWellFormed(result);
      expect(result.text.length).toBeGreaterThan(0);
      const { usage } = usageOf(result);
      expect(usage.inputTokens).toBeGreaterThan(0);
      expect(usage.outputTokens).toBeGreaterThan(0);
      expect(usage.cachedTokens).toBeLessThanOrEqual(usage.inputTokens);
      expect(usage.estimated).toBe(!subject.countsTokens);
    });

    test('a stop sequence ends the text and is not part of it', async () => {
      const { text: whole } = await answer(subject.provider.generate(ask()));
      const stop = whole.slice(Math.floor(whole.length / 2)).slice(0, 6);
      const result = await answer(subject.provider.generate(ask({ stop: [stop] })));
      expectWellFormed(result);
      expect(result.text).not.toContain(stop);
      expect(result.text.length).toBeLessThan(whole.length);
      expect(result.events.at(-1)).toEqual({ type: 'stop', reason: 'stop' });
    });

    test('more stop sequences than a service takes', async () => {
      const { text: whole } = await answer(subject.provider.generate(ask()));
      const stop = whole.slice(Math.floor(whole.length / 2)).slice(0, 6);
      const stops = ['§1', '§2', '§3', '§4', '§5', stop];
      const result = await answer(subject.provider.generate(ask({ stop: stops })));
      expectWellFormed(result);
      expect(result.text).not.toContain(stop);
    });

    test('the token limit ends the text, but for a script, which is sent whole', async () => {
      const result = await answer(subject.provider.generate(ask({ maxTokens: 2 })));
      expectWellFormed(result);
      const reason = subject.limitsTokens ? 'length' : 'stop';
      expect(result.events.at(-1)).toEqual({ type: 'stop', reason });
      if (subject.limitsTokens) expect(usageOf(result).usage.outputTokens).toBeLessThanOrEqual(2);
    });

    test('aborted before it starts', async () => {
      const result = await answer(subject.provider.generate(ask({ signal: AbortSignal.abort() })));
      expectWellFormed(result);
      expect(result.text).toBe('');
      expect(result.events.at(-1)).toEqual({ type: 'stop', reason: 'aborted' });
    });

    test('aborted in the middle: it ends at once, and nothing is thrown', { timeout: hangMs }, async () => {
      const control = new AbortController();
      const events = subject.provider.generate(ask({ maxTokens: 4096, signal: control.signal }));
      let afterAbort = 0;
      const last: string[] = [];
      for await (const event of events) {
        if (control.signal.aborted) {
          last.push(event.type);
          if (event.type === 'text') afterAbort += event.text.length;
          if (event.type === 'stop') expect(event.reason).toBe('aborted');
        }
        if (event.type === 'text') control.abort();
      }
      expect(last.filter((type) => type !== 'text')).toEqual(['usage', 'stop']);
      expect(afterAbort).toBeLessThan(50);
    });

    test('who stops reading leaves a provider that still works', async () => {
      for await (const event of subject.provider.generate(ask({ maxTokens: 4096 }))) {
        if (event.type === 'text') break;
      }
      expectWellFormed(await answer(subject.provider.generate(ask())));
    });

    test('two generations at once', async () => {
      const results = await Promise.all([1, 2].map(() => answer(subject.provider.generate(ask()))));
      for (const result of results) expectWellFormed(result);
    });

    test('it knows its models', async () => {
      const signal = AbortSignal.timeout(hangMs);
      expect(await subject.provider.listModels(signal)).toContain(subject.model);
      const info = await subject.provider.modelInfo(subject.model, signal);
      expect(info.id).toBe(subject.model);
      expect(info.contextLength).toBeGreaterThan(0);
      expect(await subject.provider.modelInfo(subject.model, signal)).toEqual(info);
    });

    test('a heartbeat says how long a real call took', async () => {
      const beat = await subject.provider.heartbeat(subject.model, AbortSignal.timeout(hangMs));
      expect(beat).toMatchObject({ ok: true });
      expect(beat.latencyMs).toBeGreaterThanOrEqual(0);
      expect(beat.detail).not.toBe('');
    });

    test('a cancelled heartbeat does not throw', async () => {
      const beat = await subject.provider.heartbeat(subject.model, AbortSignal.abort());
      expect(typeof beat.ok).toBe('boolean');
    });

    test('each failure is a ProviderError of its kind, with a remedy and without a key', async () => {
      for (const failing of subject.failures) {
        const model = failing.model ?? subject.model;
        const asked = request(failing.prompt ?? subject.prompt, { model });
        const error = await failureOf(failing.provider, asked);
        expect([error.kind, error.message]).toEqual([failing.kind, error.message]);
        expect(error.remedy).not.toBe('');
        const beat = await failing.provider.heartbeat(model, AbortSignal.timeout(hangMs));
        if (failing.heartbeatWorks !== true) {
          expect(beat.ok).toBe(false);
          expect(beat.remedy).toBeTruthy();
        }
        const shown = [
          error.message,
          error.remedy,
          error.stack,
          inspected(error.cause),
          beat.detail,
          beat.remedy,
        ];
        for (const secret of subject.secrets) expect(shown.join('\n')).not.toContain(secret);
      }
    });

    test('it can be closed twice', async () => {
      await subject.provider.close();
      await subject.provider.close();
    });
  });
}

const inspected = (cause: unknown): string =>
  cause instanceof Error ? `${cause.message}\n${cause.stack ?? ''}` : '';

function expectWellFormed(result: Answer): void {
  if (result.error instanceof ProviderError) throw result.error;
  expect(result.error).toBeUndefined();
  const types = result.events.map((event) => event.type);
  const head = types.slice(0, -2);
  expect(types.slice(-2)).toEqual(['usage', 'stop']);
  expect(head.filter((type) => type === 'usage' || type === 'stop')).toEqual([]);
  expect(result.events.every((event) => event.type !== 'text' || event.text !== '')).toBe(true);
}

function usageOf(result: Answer): Extract<Answer['events'][number], { type: 'usage' }> {
  const event = result.events.find((one) => one.type === 'usage');
  if (event?.type !== 'usage') throw new Error('no usage');
  return event;
}
