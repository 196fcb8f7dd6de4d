/**
 * Lets one piece of work run at a time. Among those who wait, the one whose turn was longest ago comes first, so that
 * a notebook that asks for much does not starve the others.
 */
export class FairQueue {
  readonly #lastTurn = new Map<string, number>();
  readonly #waiting: { client: string; start: () => void }[] = [];
  #busy = false;
  #turns = 0;

  /** Is something running? */
  get busy(): boolean {
    return this.#busy;
  }

  /**
   * Runs `work` when it is this client's turn.
   * @throws what `work` throws, or the signal's reason if it is aborted before its turn
   */
  async run<T>(client: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#turn(client, signal);
    this.#noteTurn(client);
    try {
      return await work();
    } finally {
      this.#busy = false;
      this.#next();
    }
  }

  async #turn(client: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#busy) {
      this.#busy = true;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(signal.reason as Error);
      };
      const start = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const entry = { client, start };
      this.#waiting.push(entry);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #next(): void {
    const turnOf = (client: string): number => this.#lastTurn.get(client) ?? -1;
    let best = this.#waiting[0];
    if (best === undefined) return;
    for (const entry of this.#waiting) {
      if (turnOf(entry.client) < turnOf(best.client)) best = entry;
    }
    this.#waiting.splice(this.#waiting.indexOf(best), 1);
    this.#busy = true;
    best.start();
  }

  #noteTurn(client: string): void {
    this.#lastTurn.delete(client);
    this.#lastTurn.set(client, this.#turns++);
    const [oldest] = this.#lastTurn.keys();
    if (this.#lastTurn.size > 256 && oldest !== undefined) this.#lastTurn.delete(oldest);
  }
}
