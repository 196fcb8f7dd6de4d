import type { Limits } from './contract.ts';
import { memoryHeld } from './worker-words.ts';

/** Or a quarter of what is allowed, where that is less. */
const notableBytes = 500 * 2 ** 20;

/** Says when a process has come to hold much more memory than it did when that was last said. */
export class MemoryGrowth {
  #toldBytes = 0;

  /** @param bytes what the process says it holds, after code has run; `undefined` where it does not say */
  notice(bytes: number | undefined, { memoryBytes }: Limits): readonly string[] {
    if (bytes === undefined) return [];
    if (bytes - this.#toldBytes < Math.min(notableBytes, memoryBytes / 4)) {
      this.#toldBytes = Math.min(this.#toldBytes, bytes);
      return [];
    }
    this.#toldBytes = bytes;
    return [memoryHeld(bytes, memoryBytes)];
  }
}
