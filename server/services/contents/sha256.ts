import { createHash } from 'node:crypto';

/** Hexadecimal. @param pieces of the bytes, in order */
export function sha256(...pieces: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('hex');
}
