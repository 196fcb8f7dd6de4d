import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { Signer } from '../../../kernel/protocol/signer.ts';

const parts = ['{"a":1}', '{}', '{}', '{}'].map((text) => Buffer.from(text));
const key = 'b3a1-c5';

test('signs as Jupyter does: HMAC-SHA256 in lower-case hex over the four parts', () => {
  const expected = createHmac('sha256', key).update(Buffer.concat(parts)).digest('hex');
  expect(new Signer(key).sign(parts).toString()).toBe(expected);
});

test('a right signature is valid once', () => {
  const signer = new Signer(key);
  const signature = signer.sign(parts);
  expect([signer.verify(signature, parts), signer.verify(signature, parts)]).toEqual(['valid', 'replayed']);
});

test('attacks on the signature are refused', () => {
  const signer = new Signer(key);
  const good = signer.sign(parts);
  const attacks = [
    ['none', Buffer.alloc(0)],
    ['cut off', good.subarray(0, 63)],
    ['longer', Buffer.concat([good, Buffer.from('0')])],
    ['upper case', Buffer.from(good.toString().toUpperCase())],
    ['raw digest', Buffer.from(good.toString(), 'hex')],
    ['of another key', new Signer('other').sign(parts)],
    ['of the empty key', createHmac('sha256', '').update(Buffer.concat(parts)).digest('hex')],
    ['of other parts', signer.sign(parts.slice(1))],
  ] as const;
  for (const [name, signature] of attacks)
    expect([name, signer.verify(Buffer.from(signature), parts)]).toEqual([name, 'invalid']);
  expect(signer.verify(good, parts)).toBe('valid');
});

test('a forged message does not make the real one a replay, nor push signatures out of memory', () => {
  const signer = new Signer(key, 2);
  const good = signer.sign(parts);
  expect(signer.verify(good, parts)).toBe('valid');
  for (let index = 0; index < 10; index += 1) signer.verify(Buffer.alloc(64, index), parts);
  expect(signer.verify(good, parts)).toBe('replayed');
});

test('remembers a bounded number of signatures, the newest', () => {
  const signer = new Signer(key, 2);
  const messages = ['1', '2', '3'].map((text) => [Buffer.from(text)]);
  for (const message of messages) expect(signer.verify(signer.sign(message), message)).toBe('valid');
  const verdicts = [2, 1, 0].map((index) => signer.verify(signer.sign(messages[index]!), messages[index]!));
  expect(verdicts).toEqual(['replayed', 'replayed', 'valid']);
});

test('an empty key means unsigned: every message is valid, also again', () => {
  const signer = new Signer('');
  expect(signer.sign(parts)).toHaveLength(0);
  expect([signer.verify(Buffer.alloc(0), parts), signer.verify(Buffer.from('x'), parts)]).toEqual([
    'valid',
    'valid',
  ]);
});
