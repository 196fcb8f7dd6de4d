import { isAscii } from 'node:buffer';

/**
 * Node turns ASCII into bytes and back several times faster than other text. So that one other letter does not make all of
 * a large text slow, it goes in blocks of so many bytes or letters.
 */
const block = 2 ** 16;

/** The same as `bytes.toString('utf8')`. */
export function decodeUtf8(bytes: Buffer): string {
  if (bytes.length <= block) return bytes.toString('utf8');
  if (isAscii(bytes)) return bytes.toString('latin1');
  let text = '';
  for (let start = 0, end; start < bytes.length; start = end) {
    end = Math.min(start + block, bytes.length);
    // A character stays whole; it has four bytes at most.
    for (let back = 0; back < 3 && isInner(bytes[end]); back += 1) end -= 1;
    const part = bytes.subarray(start, end);
    text += part.toString(isAscii(part) ? 'latin1' : 'utf8');
  }
  return text;
}

/** Texts one after the other, as UTF-8. */
export function encodeUtf8(texts: readonly string[]): Buffer {
  const bytes = Buffer.allocUnsafe(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0));
  let at = 0;
  for (const text of texts) {
    for (let start = 0, end; start < text.length; start = end) {
      end = Math.min(start + block, text.length);
      if (isHigh(text.charCodeAt(end - 1))) end += 1;
      const part = text.slice(start, end);
      at += bytes.write(part, at, Buffer.byteLength(part) === part.length ? 'latin1' : 'utf8');
    }
  }
  return bytes;
}

const isInner = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** The first half of a pair. */
const isHigh = (code: number): boolean => (code & 0xfc00) === 0xd800;
