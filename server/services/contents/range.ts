/** A part of a file, in bytes. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

/**
 * The part that a `Range` header asks for (RFC 9110, 14.1.2).
 * @returns `undefined` where all of the file is the answer: for several parts, other units, and what can't be read
 */
export function rangeOf(header: string, size: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim()) ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, length };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, length: end - start + 1 };
}
