import { identityOf, type Usage } from './usage.ts';

/**
 * Processor time of a sandbox since the first reading. The system hands a process's time on to the parent that waits for
 * it, and to nobody where the parent ignores SIGCHLD; what was seen of each process while it lived is kept for that.
 */
export class CpuMeter {
  #before: number | undefined;
  #seen = 0;
  #last = new Map<string, number>();

  read({ processes, cpuSeconds }: Usage): number {
    const isFirst = this.#before === undefined;
    const now = new Map(processes.map((seen) => [identityOf(seen), seen.ownSeconds]));
    if (!isFirst) for (const [id, seconds] of now) this.#seen += seconds - (this.#last.get(id) ?? 0);
    this.#last = now;
    this.#before ??= cpuSeconds;
    return Math.max(cpuSeconds - this.#before, this.#seen);
  }
}
