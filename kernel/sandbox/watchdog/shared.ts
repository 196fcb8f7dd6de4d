import { countProportionalBytes, identityOf, residentBytes, type SeenProcess, type Usage } from './usage.ts';

/**
 * Memory of processes that share most of their pages, such as snapshots do: counted now and then, which takes the system
 * milliseconds for each large process, and bounded at next to no cost in between.
 */
export class SharedMemory {
  #bytes = Infinity;
  #counted: ReadonlyMap<string, number> = new Map();
  /** Of those that waited when they were counted: how often they had touched new memory. */
  #faults: ReadonlyMap<string, number> = new Map();

  /**
   * No less than what these hold together. A process that waited when they were counted, and has not touched new memory since,
   * can only hold what was counted then.
   */
  atMost(processes: readonly SeenProcess[]): number {
    const since = processes.filter((seen) => this.#faults.get(identityOf(seen)) !== seen.faults);
    return Math.min(residentBytes(processes), this.#bytes + residentBytes(since));
  }

  /** What these held when they were counted, pages that are shared divided among those who share them. */
  counted(processes: readonly SeenProcess[]): number {
    return processes.reduce((sum, seen) => sum + (this.#counted.get(identityOf(seen)) ?? 0), 0);
  }

  /**
   * Counts all of them; what ends meanwhile is left out.
   * @param waits whether it is one that only waits
   */
  async count({ processes }: Usage, waits: (seen: SeenProcess) => boolean): Promise<number> {
    const still = processes.filter(waits);
    this.#counted = await countProportionalBytes(processes);
    this.#faults = new Map(still.map((seen) => [identityOf(seen), seen.faults]));
    this.#bytes = this.counted(processes);
    return this.#bytes;
  }
}
