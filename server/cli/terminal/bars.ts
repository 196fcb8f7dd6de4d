import type { Out } from './progress.ts';

/** Least time between two drawings. */
const DRAW_MS = 100;

/** Lines at the end of a terminal that change in place, below what is written meanwhile. */
export class Bars {
  readonly #out: Out;
  readonly #now: () => number;
  readonly #lines = new Map<string, string>();
  #drawn = 0;
  #last = -Infinity;

  constructor(out: Out = process.stderr, now: () => number = () => performance.now()) {
    this.#out = out;
    this.#now = now;
  }

  /** Shows a line under this name, in the place of the earlier one. */
  set(name: string, text: string): void {
    const isNew = !this.#lines.has(name);
    this.#lines.set(name, text);
    if (!isNew && this.#now() - this.#last < DRAW_MS) return;
    this.#clear();
    this.#draw();
  }

  remove(name: string): void {
    this.#clear();
    this.#lines.delete(name);
    this.#draw();
  }

  /** Writes whole lines above the bars. */
  above(write: () => void): void {
    this.#clear();
    write();
    this.#draw();
  }

  #clear(): void {
    if (this.#drawn > 0) this.#out.write(`\u001b[${this.#drawn}A\r\u001b[J`);
    this.#drawn = 0;
  }

  #draw(): void {
    const width = (this.#out.columns ?? 80) - 1;
    for (const line of this.#lines.values()) this.#out.write(`${line.slice(0, width)}\n`);
    this.#drawn = this.#lines.size;
    this.#last = this.#now();
  }
}
