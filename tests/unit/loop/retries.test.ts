import { describe, expect, it } from 'vitest';
import type { ManagerOptions } from '../../../kernel/loop/options.ts';
import { ProviderError } from '../../../kernel/providers/contract.ts';
import type { GenerateRequest, ProviderEvent } from '../../../kernel/providers/contract.ts';
import { turnKey } from '../../../kernel/loop/key.ts';
import { ScriptedProvider } from '../../support/scripted-provider.ts';
import { helper, session, shape } from './harness.ts';

const used = (inputTokens: number, outputTokens: number) => ({
  ...{ inputTokens, outputTokens, cachedTokens: 0 },
  estimated: false,
});
const text = (said: string): ProviderEvent => ({ type: 'text', text: said });
const retry: ProviderEvent = {
  ...{ type: 'retry', reason: 'It broke off.', attempt: 2, waitMs: 1000 },
  spent: used(5, 1),
};
const end: readonly ProviderEvent[] = [
  { type: 'usage', usage: used(20, 4) },
  { type: 'stop', reason: 'stop' },
];

/** A provider whose only turn consists of these events. */
class Eventful extends ScriptedProvider {
  readonly events: readonly (ProviderEvent | Error | 'hang')[];
  constructor(events: readonly (ProviderEvent | Error | 'hang')[]) {
    super([]);
    this.events = events;
  }
  override async *generate(request: GenerateRequest): AsyncGenerator<ProviderEvent, void, undefined> {
    this.requests.push(request);
    for (const event of this.events) {
      await Promise.resolve();
      if (event === 'hang') await new Promise(() => undefined);
      else if (event instanceof Error) throw event;
      else yield event;
    }
  }
}

const run = (
  events: readonly (ProviderEvent | Error | 'hang')[],
  options: Pick<ManagerOptions, 'costOf'> = {},
) => {
  const provider = new Eventful(events);
  const { cell, tool } = session([], [], { provider, ...options });
  return { provider, cell, tool };
};

describe('a turn that begins anew', () => {
  it('holds nothing of the text that is void: no prose, no half helper', async () => {
    const half = helper('print("half")').slice(0, -5);
    const { cell, tool } = run([text(half), retry, text('Whole.'), ...end]);
    const { events, stop, steps } = await cell();
    expect(shape(events)).toBe('turn-start code retry prose turn-end stop');
    expect(events.find(({ type }) => type === 'retry')).toEqual({
      ...{ type: 'retry', turn: 1, reason: 'It broke off.', attempt: 2, waitMs: 1000 },
    });
    expect(tool.ran).toEqual([]);
    expect(stop.answer).toBe('Whole.');
    expect(steps[0]?.content).toBe('Whole.');
  });

  it('counts what all attempts used', async () => {
    const { cell } = run([text('Half'), retry, text('Whole.'), ...end]);
    expect((await cell()).stop.summary.usage).toEqual(used(20, 4));
  });

  it('counts it where the turn fails, too', async () => {
    const error = new ProviderError('server', 'It failed.', 'Wait.');
    const { cell } = run([text('Half'), retry, { type: 'usage', usage: used(9, 2) }, error]);
    const { stop } = await cell();
    expect(stop.summary).toMatchObject({ stop: 'provider', usage: used(9, 2) });
    expect(stop.problem).toMatchObject({ sentence: 'It failed.', remedy: 'Wait.' });
  });

  it('counts it where the turn is interrupted, too, with an estimate of the last attempt', async () => {
    const { cell } = run([text('Half'), retry, text('Begun'), 'hang']);
    const control = new AbortController();
    const { stop } = await cell('How many?', control.signal, (event) => {
      if (event.type === 'prose' && event.text === 'Begun') setImmediate(() => control.abort());
    });
    expect(stop.summary.stop).toBe('interrupted');
    expect(stop.summary.usage.estimated).toBe(true);
    expect(stop.summary.usage.outputTokens).toBe(1 + 2);
    expect(stop.summary.usage.inputTokens).toBeGreaterThan(5);
  });
});

describe('a turn that another answers', () => {
  const source: ProviderEvent = { type: 'source', provider: 'groq', model: 'other' };

  it('is recorded with who answered, and keyed by that model', async () => {
    const { cell, provider } = run([source, text('Hello.'), ...end]);
    const { events, stop } = await cell();
    const turn = events.find((event) => event.type === 'turn-end');
    expect(turn?.record).toMatchObject({ provider: 'groq', model: 'other' });
    const { messages } = provider.requests[0]!;
    expect(turn?.record.key).toBe(turnKey('other', turn!.record.params, messages));
    expect(stop.summary.turns[0]?.model).toBe('other');
    expect(events.filter(({ type }) => type === 'source')).toEqual([
      { type: 'source', turn: 1, provider: 'groq', model: 'other' },
    ]);
  });

  it('costs what that one costs', async () => {
    const costOf = (_: unknown, { provider }: { provider: string }): number | undefined =>
      provider === 'groq' ? undefined : 0.5;
    const one = await run([source, text('Hello.'), ...end], { costOf }).cell();
    expect(one.stop.summary.cost).toBeUndefined();
    const other = await run([text('Hello.'), ...end], { costOf }).cell();
    expect(other.stop.summary.cost).toBe(0.5);
  });
});
