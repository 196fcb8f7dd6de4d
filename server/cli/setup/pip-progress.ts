import type { ProgressSink } from './progress-sink.ts';

const units: Readonly<Record<string, number>> = { B: 1, bytes: 1, kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9 };

/** Reads pip's output line by line and tells how many packages of how many are fetched, and their size. */
export class PipProgress {
  readonly #label: string;
  readonly #total: number;
  readonly #sink: ProgressSink;
  #done = 0;
  #bytes = 0;
  #fetching = 0;

  /** @param total the packages that there are at most: some may not apply to this Python */
  constructor(label: string, total: number, sink: ProgressSink) {
    this.#label = label;
    this.#total = total;
    this.#sink = sink;
  }

  read(line: string): void {
    const skipped = /^Ignoring /.test(line);
    const begins = /^(Collecting|Processing|Requirement already satisfied)\b/.test(line);
    const size = /^\s*(?:Downloading|Using cached) \S+ \(([\d.]+) ?([kKMG]?B|bytes)\)/.exec(line);
    if (skipped || begins) {
      this.#done += 1;
      this.#bytes += this.#fetching;
      this.#fetching = 0;
    }
    if (size) this.#fetching = Number(size[1]) * (units[size[2] ?? ''] ?? 0);
    if (begins || size) this.#tell(Math.max(0, this.#done - 1));
  }

  finish(): void {
    this.#bytes += this.#fetching;
    this.#fetching = 0;
    this.#tell(this.#total);
  }

  #tell(done: number): void {
    const state = {
      label: this.#label,
      done,
      total: this.#total,
      unit: 'packages',
      bytes: this.#bytes,
    } as const;
    this.#sink.progress(state);
  }
}
