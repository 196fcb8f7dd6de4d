import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Provider } from '../../../kernel/providers/contract.ts';
import { chooseModel, create } from '../../../kernel/providers/mock.ts';
import { answer, configWith, failureOf, request } from '../../support/provider-tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'replique-mock-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

function file(content: string): string {
  const path = join(folder, `script-${++files}.json`);
  writeFileSync(path, content);
  return path;
}

const scripted = (script: object): Provider =>
  create(configWith({ mockScript: file(JSON.stringify(script)) }));

const says = async (provider: Provider, prompt = 'x', stop: string[] = []): Promise<string> => {
  const { text, error } = await answer(provider.generate(request(prompt, { stop })));
  if (error !== undefined) throw error as Error;
  return text;
};

test('replies come in order, each once, and then no more', async () => {
  const provider = scripted({ replies: [{ text: 'one' }, { text: 'two' }] });
  expect([await says(provider), await says(provider)]).toEqual(['one', 'two']);
  const error = await failureOf(provider, request('x'));
  expect(error).toMatchObject({ kind: 'script', message: 'The mock script has no reply left.' });
});

test('a reply that matches goes first, whatever stands before it', async () => {
  const provider = scripted({
    replies: [{ text: 'any' }, { text: 'cats', match: 'cat.*dog' }, { text: 'birds', match: 'bird' }],
  });
  expect(await says(provider, 'a bird')).toBe('birds');
  expect(await says(provider, 'a cat\nand a dog')).toBe('cats');
  expect(await says(provider, 'a bird')).toBe('any');
  expect((await failureOf(provider, request('x'))).message).toContain('no reply left');
});

test('only the last message is matched', async () => {
  const provider = scripted({ replies: [{ text: 'found', match: '^second$' }] });
  const messages = [
    { role: 'user', content: 'first' },
    { role: 'assistant', content: 'second' },
  ] as const;
  expect((await answer(provider.generate(request('', { messages })))).text).toBe('found');
});

test('where nothing matches, that is said', async () => {
  const error = await failureOf(scripted({ replies: [{ text: 'a', match: 'b' }] }), request('x'));
  expect(error.message).toContain('no reply that matches');
});

test('repeat starts over', async () => {
  const provider = scripted({ replies: [{ text: 'one' }, { text: 'two' }], repeat: true });
  const all = [await says(provider), await says(provider), await says(provider)];
  expect(all).toEqual(['one', 'two', 'one']);
});

test('an empty script that repeats is still no reply', async () => {
  expect((await failureOf(scripted({ repeat: true }), request('x'))).kind).toBe('script');
});

test('chunks count code points', async () => {
  const { events } = await answer(
    scripted({ replies: [{ text: '😀é𝛑ab', chunk: 2 }] }).generate(request('x')),
  );
  const chunks = events.flatMap((event) => (event.type === 'text' ? [event.text] : []));
  expect(chunks).toEqual(['😀é', '𝛑a', 'b']);
});

test('a delay comes before each chunk, and an abort ends it', async () => {
  const provider = scripted({
    replies: [
      { text: 'abc', chunk: 1, delayMs: 5 },
      { text: 'x', delayMs: 500_000 },
    ],
  });
  expect(await says(provider)).toBe('abc');
  const control = new AbortController();
  const pending = answer(provider.generate(request('x', { signal: control.signal })));
  control.abort();
  const { text, events, error } = await pending;
  expect([text, error, events.at(-1)]).toEqual(['', undefined, { type: 'stop', reason: 'aborted' }]);
});

test('an aborted call uses up no reply', async () => {
  const provider = scripted({ replies: [{ text: 'only' }] });
  await answer(provider.generate(request('x', { signal: AbortSignal.abort() })));
  expect(await says(provider)).toBe('only');
});

test('stop sequences are honoured, across chunks, unless told otherwise', async () => {
  const text = '<helpers>1</helpers> and more';
  const provider = scripted({
    replies: [
      { text, chunk: 3 },
      { text, ignoreStop: true },
    ],
  });
  expect(await says(provider, 'x', ['</helpers>'])).toBe('<helpers>1');
  expect(await says(provider, 'x', ['</helpers>'])).toBe(text);
  const all = scripted({ replies: [{ text }, { text, ignoreStop: false }], ignoreStop: true });
  expect(await says(all, 'x', ['</helpers>'])).toBe(text);
  expect(await says(all, 'x', ['</helpers>'])).toBe('<helpers>1');
});

test('an error follows the text', async () => {
  const provider = scripted({
    replies: [{ text: 'Some', error: { status: 429, message: 'slow down', retryAfter: 1 } }, { error: {} }],
  });
  const { text, error } = await answer(provider.generate(request('x')));
  expect(text).toBe('Some');
  expect(error).toMatchObject({ kind: 'rate-limit', status: 429, retryAfterMs: 1000 });
  expect((error as Error).message).toContain('slow down');
  expect(await failureOf(provider, request('x'))).toMatchObject({ kind: 'server' });
});

test('usage is a token a word, and said to be estimated', async () => {
  const provider = scripted({ replies: [{ text: ' three words  here ' }] });
  const { events } = await answer(provider.generate(request('two words')));
  expect(events.at(-2)).toEqual({
    type: 'usage',
    usage: { inputTokens: 2, outputTokens: 3, cachedTokens: 0, estimated: true },
  });
});

describe('a script that cannot be used', () => {
  test.each([
    ['{oops', 'is not JSON'],
    ['[]', 'the top level'],
    ['{"replies": [{"text": 5}]}', 'replies.0.text'],
    ['{"replies": [{"txt": "a"}]}', 'replies.0.txt'],
    ['{"replies": [{}]}', 'replies.0'],
    ['{"replies": [{"text": "a", "match": "("}]}', 'replies.0.match: not a regular expression'],
    ['{"replies": [{"text": "a", "chunk": 0}]}', 'replies.0.chunk'],
    ['{"replies": [{"text": "a", "delayMs": -1}]}', 'replies.0.delayMs'],
    ['{"replies": [{"error": {"status": 200}}]}', 'replies.0.error.status'],
    ['{"repeats": true}', 'repeats'],
  ])('%s: names the file and %s', async (content, key) => {
    const mockScript = file(content);
    const error = await failureOf(create(configWith({ mockScript })), request('x'));
    expect(error.kind).toBe('script');
    expect(error.message).toContain(mockScript);
    expect(error.message).toContain(key);
    expect(error.remedy).toContain(mockScript);
  });

  test('is absent, or too large', async () => {
    const absent = create(configWith({ mockScript: join(folder, 'absent.json') }));
    expect((await failureOf(absent, request('x'))).message).toContain("absent.json can't be read");
    const large = create(configWith({ mockScript: file(' '.repeat(33 * 2 ** 20)) }));
    expect((await failureOf(large, request('x'))).message).toContain('larger than');
  });
});

test('without a script every prompt says so', async () => {
  const provider = create(configWith({}));
  const error = await failureOf(provider, request('x'));
  expect(error).toMatchObject({ kind: 'script' });
  expect(error.remedy).toContain('REPLIQUE_MOCK_SCRIPT');
  const beat = await provider.heartbeat('mock', new AbortController().signal);
  expect(beat).toMatchObject({ ok: false, detail: error.message });
});

test('a heartbeat uses up no reply', async () => {
  const provider = scripted({ replies: [{ text: 'only' }] });
  expect(await provider.heartbeat('mock', new AbortController().signal)).toMatchObject({ ok: true });
  expect(await says(provider)).toBe('only');
});

test('the script is read once', async () => {
  const mockScript = file('{"replies": [{"text": "before"}]}');
  const provider = create(configWith({ mockScript }));
  writeFileSync(mockScript, '{"replies": [{"text": "after"}]}');
  expect(await says(provider)).toBe('before');
});

test('any model name will do', async () => {
  expect(await chooseModel(configWith({}))).toBe('mock');
  expect(await chooseModel(configWith({ model: 'other' }))).toBe('other');
});
