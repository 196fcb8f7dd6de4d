import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** How lines and heads are written: JSON whose last key is a digest over all the bytes before it. */

/** `__previous__` of the first event. */
export const beginning = '0'.repeat(64);

/** Hex digest of some bytes. */
export type Digest = (bytes: string | Buffer) => string;

export const plain: Digest = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** A digest that only the holder of the key can make. */
export const keyed =
  (key: Buffer): Digest =>
  (bytes) =>
    createHmac('sha256', key).update(bytes).digest('hex');

/** Writes an object that has at least one key as a line, without its end. */
export function seal(value: object, name: string, digest: Digest): { text: string; digest: string } {
  const body = JSON.stringify(value).slice(0, -1);
  const found = digest(body);
  return { text: `${body},"${name}":"${found}"}`, digest: found };
}

/** The JSON in a sealed line; `undefined` where a byte of it is not as it was written. */
export function unseal(line: Buffer, name: string, digest: Digest): unknown {
  const opening = `,"${name}":"`;
  const size = opening.length + 64 + 2;
  const body = line.subarray(0, Math.max(0, line.length - size));
  const expected = Buffer.from(`${opening}${digest(body)}"}`);
  const seen = line.subarray(body.length);
  if (seen.length !== expected.length || !timingSafeEqual(seen, expected)) return undefined;
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
}
