import { isAscii } from 'node:buffer';

/**
 * Node reads ASCII several times faster than other text. So that one other letter does not make all of a large text slow, it
 * goes in blocks of so many bytes.
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

const isInner = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;
