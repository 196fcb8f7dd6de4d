import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEvent } from './run-state.ts';

/** What is kept for who reads slowly or comes back. */
const most = { events: 5000, bytes: 4 * 2 ** 20 };

interface Kept {
  readonly number: number;
  readonly event: RunEvent;
  readonly bytes: number;
}

/** What a reader is given; `undefined`: nothing has happened for a while. */
export type Told =
  | { readonly id: string; readonly event: RunEvent }
  | { readonly id: string; readonly event: { readonly event: 'missed' } }
  | undefined;

interface ReadOptions {
  /** The id of the last event that the reader has; absent: it reads on from the oldest that is kept of its run, else from now. */
  readonly after?: string | undefined;
  /** Only what concerns this run, up to its end. */
  readonly run?: string | undefined;
  /** Whether that run has ended: then nothing comes any more. */
  readonly hasEnded?: () => boolean;
  readonly heartbeatMs: number;
  /** Aborted when the reader has left: one that waits does not notice by itself. */
  readonly signal: AbortSignal;
}

/**
 * What happens to the runs of one kernel, for any number of readers, each at its own pace: who is slower than what is kept
 * learns that something is missing, and nobody is waited for.
 */
export class EventFeed {
  /** Numbers of another server, or of a kernel before, mean nothing here. */
  readonly #name = randomBytes(4).toString('hex');
  #kept: Kept[] = [];
  #bytes = 0;
  #next = 1;
  #isClosed = false;
  #waiting: (() => void)[] = [];
  #readers = 0;

  get readers(): number {
    return this.#readers;
  }

  /** The id of the newest event. */
  get newest(): string {
    return this.#id(this.#next - 1);
  }

  knows(run: string): boolean {
    return this.#kept.some(({ event }) => event.run === run);
  }

  push(event: RunEvent): void {
    const bytes = JSON.stringify(event).length;
    this.#kept.push({ number: this.#next++, event, bytes });
    this.#bytes += bytes;
    while (this.#kept.length > most.events || (this.#bytes > most.bytes && this.#kept.length > 1)) {
      this.#bytes -= this.#kept.shift()?.bytes ?? 0;
    }
    this.#wake();
  }

  /** Readers get what there is, and then the end. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  async *read({
    after,
    run,
    heartbeatMs,
    signal,
    hasEnded = () => false,
  }: ReadOptions): AsyncGenerator<Told> {
    let last = this.#start(after, run);
    this.#readers += 1;
    try {
      for (;;) {
        const first = this.#kept[0]?.number ?? this.#next;
        if (last + 1 < first) {
          last = first - 1;
          yield { id: this.#id(last), event: { event: 'missed' } };
          continue;
        }
        const kept = this.#kept[last + 1 - first];
        if (kept === undefined) {
          if (this.#isClosed || hasEnded()) return;
          const isMore = await this.#more(heartbeatMs, signal);
          if (signal.aborted) return;
          if (!isMore) yield undefined;
          continue;
        }
        last = kept.number;
        if (run !== undefined && kept.event.run !== run) continue;
        yield { id: this.#id(last), event: kept.event };
        if (run !== undefined && kept.event.event === 'finished') return;
      }
    } finally {
      this.#readers -= 1;
    }
  }

  /** The number of the last event that a reader needs no more. */
  #start(after: string | undefined, run: string | undefined): number {
    const [, name, number] = /^([0-9a-f]{8})-(\d{1,15})$/.exec(after ?? '') ?? [];
    if (name === this.#name) return Math.min(Number(number), this.#next - 1);
    if (after !== undefined) return -1;
    if (run === undefined) return this.#next - 1;
    const begin = this.#kept.find(({ event }) => event.run === run && event.event === 'started');
    return begin === undefined ? -1 : begin.number - 1;
  }

  #id(number: number): string {
    return `${this.#name}-${number}`;
  }

  /** Waits for an event, or until its reader leaves. @returns whether there is one, or the end */
  async #more(limitMs: number, left: AbortSignal): Promise<boolean> {
    const limit = new AbortController();
    const woken = new Promise<boolean>((resolve) => this.#waiting.push(() => resolve(true)));
    const signal = AbortSignal.any([limit.signal, left]);
    const late = sleep(limitMs, false, { signal, ref: false }).catch(() => false);
    try {
      return await Promise.race([woken, late]);
    } finally {
      limit.abort();
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
