/** Saves take a fiftieth of the time at most; but no change waits for longer than this. */
const restFactor = 49;
const longestRestMs = 1000;
/** A disk that needs longer is not waited for. */
const longestWaitMs = 5000;
const silent = `the disk has not answered for ${longestWaitMs / 1000} s`;

export interface SaverOptions {
  /** Saves what there is now. @throws Error where it can't */
  readonly write: () => Promise<void>;
  readonly log: (line: string) => void;
}

/**
 * Saves what changes, one write at a time, beside the cell. Changes that follow one another fast are saved together. What
 * can't be saved is said once.
 */
export class Saver {
  readonly #o: SaverOptions;
  #saving: Promise<void> | undefined;
  #isStale = false;
  /** No save begins before, on the clock of `performance.now`, unless one is waited for. */
  #restsUntil = 0;
  #isWanted = false;
  #endRest: () => void = () => undefined;
  #hasFailed = false;
  /** A write has been waited for too long, and still goes on. */
  #hangs = false;
  #problem: string | undefined;

  constructor(options: SaverOptions) {
    this.#o = options;
  }

  /** There is something new: it is saved as soon as the step's own work lets go, or a short while after the last save. */
  changed(): void {
    this.#isStale = true;
    this.#saving ??= this.#saveAll();
  }

  /** Whether what has changed so far could be saved, as soon as that is known, or has taken too long. Never rejects. */
  async saved(): Promise<boolean> {
    if (this.#hangs) return false;
    this.#isWanted = true;
    this.#endRest();
    this.#hangs = await isLate(this.#saving);
    this.#isWanted = false;
    if (this.#hangs) this.#fail(silent);
    return !this.#hasFailed;
  }

  /** Nothing more will change: what could not be saved is tried once more. Never rejects. */
  async finish(): Promise<void> {
    if (await this.saved()) return;
    try {
      if (this.#hangs) throw new Error(silent);
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
      await this.#rest();
      this.#isStale = false;
      const began = performance.now();
      try {
        await this.#o.write();
        const ended = performance.now();
        this.#restsUntil = ended + Math.min(longestRestMs, (ended - began) * restFactor);
        this.#hasFailed = false;
      } catch (error) {
        this.#fail((error as Error).message);
        break;
      }
    }
    this.#saving = undefined;
    this.#hangs = false;
  }

  async #rest(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const restMs = this.#restsUntil - performance.now();
    if (this.#isWanted || restMs <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, restMs);
      this.#endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #fail(why: string): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#problem = `This conversation can’t be saved, so a crash would lose it: ${why}`;
    this.#o.log(this.#problem);
  }
}

async function isLate(work: Promise<void> | undefined): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(true), longestWaitMs);
  });
  const isLate = await Promise.race([work?.then(() => false) ?? false, late]);
  clearTimeout(timer);
  return isLate;
}
