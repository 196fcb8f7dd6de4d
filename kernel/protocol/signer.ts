import { createHmac, timingSafeEqual } from 'node:crypto';

/** How a signature was judged. */
export type Verdict = 'valid' | 'invalid' | 'replayed';

/** As many as jupyter_client remembers. */
const REMEMBERED = 65_536;

/**
 * Signs and checks messages: HMAC-SHA256 in lower-case hex over header, parent header, metadata and content, after
 * Jupyter's messaging specification. With an empty key messages are unsigned and every one is valid.
 */
export class Signer {
  readonly #key: string;
  readonly #remembered: number;
  /** Signatures seen, oldest first. */
  readonly #seen = new Set<string>();

  /** @param remembered How many recent signatures are kept to recognise a message that is sent again. */
  constructor(key: string, remembered = REMEMBERED) {
    this.#key = key;
    this.#remembered = remembered;
  }

  /** The signature frame of these parts. */
  sign(parts: readonly Uint8Array[]): Buffer {
    if (this.#key === '') return Buffer.alloc(0);
    const hmac = createHmac('sha256', this.#key);
    for (const part of parts) hmac.update(part);
    return Buffer.from(hmac.digest('hex'));
  }

  /** Judges a signature; a valid one is remembered, so the same message is valid once. */
  verify(signature: Uint8Array, parts: readonly Uint8Array[]): Verdict {
    if (this.#key === '') return 'valid';
    const expected = this.sign(parts);
    if (signature.byteLength !== expected.byteLength || !timingSafeEqual(signature, expected))
      return 'invalid';
    const digest = expected.toString('latin1');
    if (this.#seen.has(digest)) return 'replayed';
    this.#seen.add(digest);
    if (this.#seen.size > this.#remembered) this.#forgetOldest();
    return 'valid';
  }

  #forgetOldest(): void {
    for (const digest of this.#seen) {
      this.#seen.delete(digest);
      return;
    }
  }
}
