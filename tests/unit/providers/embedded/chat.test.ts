import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TokenText } from '../../../../kernel/providers/embedded/chat.ts';
import type { LlamaModel } from '../../../../kernel/providers/embedded/llama.ts';

/** A model whose tokens are bytes: the hardest case for text in pieces. */
const bytes = {
  detokenize: (tokens: readonly number[]) => Buffer.from(tokens).toString('utf8'),
} as unknown as LlamaModel;

test('text comes out whole, though its characters span tokens', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text).toString()),
      (text) => {
        const out = new TokenText(bytes, []);
        const pieces = [...Buffer.from(text)].map((byte) => out.push(byte));
        const all = [...pieces, out.flush()];
        expect(all.join('')).toBe(text);
        if (!text.includes('\ufffd')) expect(all.join('|')).not.toContain('\ufffd');
      },
    ),
  );
});

test('bytes that are no text are not held back for ever', () => {
  const out = new TokenText(bytes, []);
  const pieces = [0xff, 0xff, 0xff, 0xff, 0x41].map((byte) => out.push(byte));
  expect(pieces.join('').endsWith('A')).toBe(true);
  expect(out.flush()).toBe('');
});
