import { describe, expect, test } from 'vitest';
import { ProviderError } from '../../../kernel/providers/contract.ts';
import { HttpFailure, providerError } from '../../../kernel/providers/failures.ts';
import type { Peer } from '../../../kernel/providers/failures.ts';

const secret = 'very-secret-value';
const peer: Peer = {
  name: 'Acme',
  address: 'http://acme.test',
  secrets: [secret],
  authRemedy: 'Set the key.',
  unreachableRemedy: 'Start it.',
  modelRemedy: (model) => `Fetch ${model}.`,
};

const http = (
  status: number | undefined,
  message = 'no',
  headers: Record<string, string> = {},
): ProviderError => providerError(new HttpFailure(status, message, new Headers(headers)), peer, 'm7');
const caused = (message: string, code: string): ProviderError =>
  providerError(new TypeError(message, { cause: Object.assign(new Error(code), { code }) }), peer, 'm7');

describe('by status', () => {
  test.each([
    [401, 'no', 'auth'],
    [403, 'no', 'auth'],
    [404, 'model "m7" not found', 'model-missing'],
    [404, 'page not found', 'bad-request'],
    [408, 'no', 'timeout'],
    [413, 'no', 'overflow'],
    [400, 'This model has a maximum context length of 10', 'overflow'],
    [422, 'exceeds the available context size', 'overflow'],
    [400, '`max_tokens` must be smaller than the context_window', 'bad-request'],
    [429, 'maximum context requests', 'rate-limit'],
    [500, 'no', 'server'],
    [599, 'context length', 'server'],
    [418, 'no', 'bad-request'],
  ])('%i %s: %s', (status, message, kind) => {
    const error = http(status, message);
    expect(error).toMatchObject({ kind, status });
    expect(error.remedy).not.toBe('');
  });
});

describe('without a status', () => {
  test.each([
    ['fetch failed', 'ECONNREFUSED', 'unreachable'],
    ['fetch failed', 'ENOTFOUND', 'unreachable'],
    ['fetch failed', 'UND_ERR_HEADERS_TIMEOUT', 'timeout'],
    ['fetch failed', 'UND_ERR_CONNECT_TIMEOUT', 'timeout'],
    ['fetch failed', 'ETIMEDOUT', 'timeout'],
    ['terminated', 'UND_ERR_SOCKET', 'stream-broken'],
    ['terminated', 'UND_ERR_BODY_TIMEOUT', 'timeout'],
    ['the engine is out of order', 'E', 'server'],
    ['the prompt is too long', 'E', 'overflow'],
  ])('%s, %s: %s', (message, code, kind) => {
    expect(caused(message, code).kind).toBe(kind);
  });

  test('what cannot be parsed is a broken stream', () => {
    expect(providerError(new SyntaxError('bad'), peer, 'm7').kind).toBe('stream-broken');
  });

  test('anything else that is thrown is the service’s failure', () => {
    expect(providerError('a string', peer, 'm7')).toMatchObject({ kind: 'server' });
    expect(providerError(undefined, peer, 'm7')).toMatchObject({ kind: 'server' });
  });
});

test('an unreachable peer is named, with the reason', () => {
  expect(caused('fetch failed', 'ECONNREFUSED')).toMatchObject({
    message: 'Acme at http://acme.test could not be reached: ECONNREFUSED',
    remedy: 'Start it.',
  });
});

test('the numbers of an overflow are said', () => {
  const body = JSON.stringify({ error: JSON.stringify({ n_prompt_tokens: 6000, n_ctx: 4096 }) });
  expect(http(400, body).message).toContain('(6000 tokens, 4096 fit)');
  const llama = 'request (4031 tokens) exceeds the available context size (2048 tokens), try increasing it';
  expect(http(400, llama).message).toContain('(4031 tokens, 2048 fit)');
});

describe('retry-after', () => {
  test.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '0.25' }, 250],
    [{ 'retry-after-ms': '120' }, 120],
    [{ 'retry-after': '-3' }, 0],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('%j is %s ms', (headers, expected) => {
    expect(http(429, 'no', headers as Record<string, string>).retryAfterMs).toBe(expected);
  });

  test('the remedy says how long', () => {
    expect(http(429, 'no', { 'retry-after': '7' }).remedy).toContain('7 s');
  });
});

test('no secret and nothing like a key is shown, and the text is bounded', () => {
  const error = http(
    500,
    `${secret} sk-proj-abcdefgh1234 gsk_ABCDEFGH1234 Bearer abc.def\n${'x'.repeat(9999)}`,
  );
  const cause = error.cause as Error;
  for (const text of [error.message, error.stack ?? '', cause.message, cause.stack ?? '']) {
    expect(text).not.toContain(secret);
    expect(text).not.toMatch(/abcdefgh1234/i);
    expect(text).not.toContain('abc.def');
    expect(text.length).toBeLessThan(4000);
  }
});

test('the message is taken out of the body that an SDK hangs on its error', () => {
  const shapes = [{ error: { message: 'inner' } }, { message: 'inner' }, 'inner'];
  for (const error of shapes) {
    const thrown = Object.assign(new HttpFailure(500, 'outer'), { error });
    expect(providerError(thrown, peer, 'm7').message).toContain(': inner');
  }
});

test('a ProviderError stays what it is', () => {
  const error = new ProviderError('script', 'a', 'b');
  expect(providerError(error, peer, 'm7')).toBe(error);
});

test('endless causes are no trap', () => {
  const loop = new Error('loop');
  loop.cause = loop;
  expect(providerError(loop, peer, 'm7').kind).toBe('server');
});
