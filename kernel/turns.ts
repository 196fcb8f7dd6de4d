/** Lets requests in one at a time, in the order in which they came. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  async enter(): Promise<() => void>;
  async enter(giveUp: Promise<unknown>): Promise<(() => void) | undefined>;
  /**
   * @param giveUp when it settles first, the place is left
   * @returns what ends the turn
   */
  async enter(giveUp?: Promise<unknown>): Promise<(() => void) | undefined> {
    const before = this.#last;
    let done!: () => void;
    this.#last = new Promise((resolve) => (done = resolve));
    if (giveUp === undefined) {
      await before;
      return done;
    }
    const admitted = await Promise.race([before.then(() => true), giveUp.then(() => false)]);
    if (admitted) return done;
    void before.then(done);
    return undefined;
  }

  /** @returns what ends the turn; `undefined` where it had to be waited for and the signal came first */
  async enterUnless(signal: AbortSignal): Promise<(() => void) | undefined> {
    let giveUp: () => void = () => undefined;
    const aborted = new Promise<void>((resolve) => (giveUp = resolve));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await this.enter(aborted);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }
}
