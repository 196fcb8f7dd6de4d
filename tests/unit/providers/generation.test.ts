import { expect, test } from 'vitest';
import { ProviderError } from '../../../kernel/providers/contract.ts';
import { generation } from '../../../kernel/providers/generation.ts';
import type { Piece, Source } from '../../../kernel/providers/generation.ts';
import { answer, request } from '../../support/provider-tools.ts';

const explained = new ProviderError('server', 'It failed.', 'Run it again.');

function from(pieces: readonly (Piece | Error)[], more: Partial<Source> = {}): Source {
  return {
    open: async function* () {
      for (const piece of pieces) {
        await Promise.resolve();
        if (piece instanceof Error) throw piece;
        yield piece;
      }
    },
    explain: () => explained,
    ...more,
  };
}

const usage = { inputTokens: 3, outputTokens: 2, cachedTokens: 1, estimated: false };

test('usage before the finish, after it or between the texts still comes last', async () => {
  const { events } = await answer(
    generation(request('x'), from([{ text: 'a' }, { usage }, { text: 'b' }, { finish: 'length' }])),
  );
  expect(events).toEqual([
    { type: 'text', text: 'a' },
    { type: 'text', text: 'b' },
    { type: 'usage', usage },
    { type: 'stop', reason: 'length' },
  ]);
});

test('a notice is passed on', async () => {
  const { events } = await answer(
    generation(request('x'), from([{ notice: 'Careful.' }, { finish: 'stop' }])),
  );
  expect(events[0]).toEqual({ type: 'notice', text: 'Careful.' });
});

test('missing usage is estimated', async () => {
  const { events } = await answer(
    generation(request('12345678'), from([{ text: '1234' }, { finish: 'stop' }])),
  );
  expect(events[1]).toEqual({
    type: 'usage',
    usage: { inputTokens: 2, outputTokens: 1, cachedTokens: 0, estimated: true },
  });
});

test('the held-back start of a stop is text after all, when the text ends or breaks there', async () => {
  const asked = request('x', { stop: ['</helpers>'] });
  expect((await answer(generation(asked, from([{ text: 'a </' }, { finish: 'stop' }])))).text).toBe('a </');
  const broken = await answer(generation(asked, from([{ text: 'a </' }, new Error('gone')])));
  expect(broken).toMatchObject({ text: 'a </', error: explained });
});

test('a stream that ends without saying so is an error', async () => {
  expect((await answer(generation(request('x'), from([{ text: 'a' }])))).error).toBe(explained);
});

test('a ProviderError passes as it is', async () => {
  const thrown = new ProviderError('script', 'No reply.', 'Add one.');
  expect((await answer(generation(request('x'), from([thrown])))).error).toBe(thrown);
});

test('a stop sequence ends the call itself', async () => {
  let signal: AbortSignal | undefined;
  const source = from([], {
    open: async function* (given) {
      signal = given;
      for (;;) {
        await Promise.resolve();
        yield { text: 'go STOP ' };
      }
    },
  });
  const { text } = await answer(generation(request('x', { stop: ['STOP'] }), source));
  expect(text).toBe('go ');
  expect(signal?.aborted).toBe(true);
});

test('an answer without end is cut off', async () => {
  const source = from([], {
    open: async function* () {
      for (;;) {
        await Promise.resolve();
        yield { text: 'x'.repeat(1_000_000) };
      }
    },
  });
  const { events, text } = await answer(generation(request('x'), source));
  expect(text.length).toBeLessThan(10_000_000);
  expect(events.at(-1)).toEqual({ type: 'stop', reason: 'length' });
});

test('an abort ends it even where the source does not listen', async () => {
  const control = new AbortController();
  const source = from([], {
    open: async function* () {
      yield { text: 'a' };
      await new Promise(() => undefined);
    },
  });
  const events = generation(request('x', { signal: control.signal }), source);
  expect((await events.next()).value).toEqual({ type: 'text', text: 'a' });
  control.abort();
  expect((await answer(events)).events.map((event) => event.type)).toEqual(['usage', 'stop']);
});

test('what the source throws because of the abort is not an error', async () => {
  const control = new AbortController();
  const source = from([], {
    open: async function* (signal) {
      yield { text: 'a' };
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('AbortError')));
      });
    },
  });
  const events = generation(request('x', { signal: control.signal }), source);
  await events.next();
  control.abort();
  const rest = await answer(events);
  expect(rest.error).toBeUndefined();
  expect(rest.events.at(-1)).toEqual({ type: 'stop', reason: 'aborted' });
});

test('who stops reading ends the call', async () => {
  let signal: AbortSignal | undefined;
  const source = from([], {
    open: async function* (given) {
      signal = given;
      await Promise.resolve();
      yield { text: 'a' };
      yield { text: 'b' };
    },
  });
  for await (const event of generation(request('x'), source)) {
    expect(event).toEqual({ type: 'text', text: 'a' });
    break;
  }
  expect(signal?.aborted).toBe(true);
});
