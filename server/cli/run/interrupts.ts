/**
 * A person's wish to stop the run. A request that overtakes its cell on the way to the kernel would be lost, so it is
 * sent when the cell is known to have begun; and where the cell ends by itself just then, the run ends with it.
 */
export class Interrupts {
  readonly #send: () => void;
  #running = false;
  #asked = false;

  /** @param send has the kernel interrupt the cell that it runs */
  constructor(send: () => void) {
    this.#send = send;
  }

  /** No further cell is to begin. */
  get asked(): boolean {
    return this.#asked;
  }

  ask(): void {
    this.#asked = true;
    if (this.#running) this.#send();
  }

  cellBegan(): void {
    this.#running = true;
    if (this.#asked) this.#send();
  }

  cellEnded(): void {
    this.#running = false;
  }
}
