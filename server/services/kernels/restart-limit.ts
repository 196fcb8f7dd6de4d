/** jupyter_client's: so many in a row, where one that lived so long begins a new row. */
const mostRestarts = 5;
const stableMs = 10_000;

/** What is added to the pause with each restart in a row. */
const pauseMs = 500;

/** How often a kernel that ends by itself is started again. */
export class RestartLimit {
  #inARow = 0;

  /**
   * @param answered whether the process that has ended ever did
   * @param livedMs how long it ran
   * @returns how long to wait before the next one; `undefined`: there is none
   */
  pauseMs(answered: boolean, livedMs: number): number | undefined {
    if (answered && livedMs >= stableMs) this.#inARow = 0;
    if (this.#inARow >= mostRestarts) return undefined;
    this.#inARow += 1;
    return (this.#inARow - 1) * pauseMs;
  }
}
