export interface SaverOptions {
  /** Saves what there is now. @throws Error where it can't */
  readonly write: () => Promise<void>;
  readonly log: (line: string) => void;
}

/** Saves what changes, one write at a time, beside the cell. What can't be saved is said once. */
export class Saver {
  readonly #o: SaverOptions;
  #saving: Promise<void> | undefined;
  #isStale = false;
  #hasFailed = false;
  #problem: string | undefined;

  constructor(options: SaverOptions) {
    this.#o = options;
  }

  /** There is something new: it is saved as soon as the step's own work lets go. */
  changed(): void {
    this.#isStale = true;
    this.#saving ??= this.#saveAll();
  }

  /** Whether what has changed so far could be saved, as soon as that is known. Never rejects. */
  async saved(): Promise<boolean> {
    await this.#saving;
    return !this.#hasFailed;
  }

  /** Nothing more will change: what could not be saved is tried once more. Never rejects. */
  async finish(): Promise<void> {
    await this.#saving;
    if (!this.#hasFailed) return;
    try {
      await this.#o.write();
    } catch (error) {
      this.#o.log(
        `The kernel ends, and this conversation can’t be saved, so it is lost: ${(error as Error).message}`,
      );
    }
  }

  /** What the reader is to be told; then it is told. */
  takeProblem(): string | undefined {
    const problem = this.#problem;
    this.#problem = undefined;
    return problem;
  }

  async #saveAll(): Promise<void> {
    while (this.#isStale) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#isStale = false;
      try {
        await this.#o.write();
        this.#hasFailed = false;
      } catch (error) {
        this.#fail((error as Error).message);
        break;
      }
    }
    this.#saving = undefined;
  }

  #fail(why: string): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#problem = `This conversation can’t be saved, so a crash would lose it: ${why}`;
    this.#o.log(this.#problem);
  }
}
