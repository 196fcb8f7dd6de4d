import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  encode,
  hostReply,
  hostRequest,
  LineReader,
} from '../../../../kernel/providers/embedded/protocol.ts';

test('lines come out whole, however the bytes were cut', () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' '));
  fc.assert(
    fc.property(
      fc.array(line),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      (lines, sizes) => {
        const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(''));
        const reader = new LineReader();
        const got: string[] = [];
        for (let at = 0, i = 0; at < bytes.length; i += 1) {
          const size = sizes[i % sizes.length]!;
          got.push(...reader.push(bytes.subarray(at, at + size)));
          at += size;
        }
        expect(got).toEqual(lines);
      },
    ),
  );
});

test('a line that is too long is refused, at once', () => {
  const reader = new LineReader(10);
  expect(reader.push(Buffer.from('0123456789\n'))).toEqual(['0123456789']);
  reader.push(Buffer.from('012345'));
  expect(() => reader.push(Buffer.from('678901'))).toThrow(RangeError);
});

test('what is sent is understood, what is strange is not', () => {
  const request = { type: 'ping', path: '/some.gguf' } as const;
  expect(hostRequest.parse(JSON.parse(encode(request)))).toEqual(request);
  expect(hostRequest.safeParse({ type: 'exec', path: '/x' }).success).toBe(false);
  expect(hostRequest.safeParse({ type: 'ping', path: '' }).success).toBe(false);
  expect(hostReply.safeParse({ type: 'hello', version: 99, pid: 1 }).success).toBe(false);
});
