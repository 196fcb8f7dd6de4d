import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../kernel/output/firewall/redact.ts';
import { createReplies } from '../../../kernel/output/replies.ts';

/** A worker that was taken over answers what it likes; a client gets what Jupyter's replies may hold. */
const replies = createReplies(createRedactor([]));

describe('results of expressions', () => {
  it.each([
    ['text', 'x'],
    ['null', null],
    ['a list', [1]],
    ['another status', { status: 'abort', data: {} }],
    ['no status', { data: { 'text/plain': 'x' } }],
    ['data that is text', { status: 'ok', data: 'x' }],
    ['metadata that is null', { status: 'ok', data: {}, metadata: null }],
    ['an error without its traceback', { status: 'error', ename: 'E', evalue: 'v' }],
  ])('that are no such thing become an error of their own: %s', (_, value) => {
    expect(replies.expressions({ a: value }, ['a'])).toMatchObject({
      a: { status: 'error', ename: 'InvalidResult', traceback: [expect.any(String)] },
    });
  });

  it('are those that were asked for', () => {
    const good = { status: 'ok', data: { 'text/plain': '2' }, metadata: {}, more: 1 };
    const results = { a: good, other: good };
    expect(replies.expressions(results, ['a', 'missing', 'toString'])).toEqual({
      a: { status: 'ok', data: { 'text/plain': '2' }, metadata: {} },
    });
  });

  it('have nothing of a MIME type that may not be shown', () => {
    const data = { 'text/plain': 'x', 'not a type': 1, 'application/javascript': 'alert(1)' };
    expect(replies.expressions({ a: { status: 'ok', data } }, ['a'])).toEqual({
      a: { status: 'ok', data: { 'text/plain': 'x' }, metadata: {} },
    });
  });
});

it('half of a surrogate pair is no character of a question or a name', () => {
  expect(replies.prompt('a\ud800b')).toBe('a\ufffdb');
  expect(replies.matches(['a\udc00'])).toEqual(['a\ufffd']);
});
