import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';

const comparing = randomBytes(32).toString('hex');
const digest = (text: string): Buffer => hash('sha256', comparing + text, 'buffer');

/** Whether two secrets are the same, in a time that tells nothing of either. */
export const sameSecret = (one: string, other: string): boolean =>
  timingSafeEqual(digest(one), digest(other));

/** Signs short texts for cookies, each for one purpose. */
export class Seal {
  readonly #key: Buffer;

  /** @param secret of which the key is made: who has it still has valid cookies after a restart */
  constructor(secret: string) {
    this.#key =
      secret === ''
        ? randomBytes(32)
        : createHmac('sha256', 'replique server cookie').update(secret).digest();
  }

  sign(purpose: string, text: string): string {
    const mac = createHmac('sha256', this.#key).update(`${purpose}\0${text}`).digest('base64url');
    return `${text}.${mac}`;
  }

  /** The text that was signed for that purpose; `undefined` where it was not. */
  open(purpose: string, signed: string): string | undefined {
    const text = signed.slice(0, signed.lastIndexOf('.'));
    return sameSecret(this.sign(purpose, text), signed) ? text : undefined;
  }
}
