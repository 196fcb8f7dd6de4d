import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const comparing = randomBytes(32);

/** Whether two secrets are the same, in a time that tells nothing of either. */
export function sameSecret(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => createHmac('sha256', comparing).update(text).digest());
  return first !== undefined && second !== undefined && timingSafeEqual(first, second);
}

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
