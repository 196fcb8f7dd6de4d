import type { Readable } from 'node:stream';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

/** Messages that may come at once, in seconds of the rate. */
const burstSeconds = 10;
/** So many of a run are read at once, whatever an earlier one sent: those that wait for no text (`quiet`) must not be passed by text. */
const leastAtBegin = 200;
/** Less is not noticed. */
const noticedMs = 500;
/** So many turns of the event loop in which nothing was read: nothing is left to be read. */
const quietTurns = 3;
/** What goes on sending is not waited for any longer. */
const mostQuietMs = 2_000;

/**
 * Bounds the messages per second of a sandbox. Where more come, its channels are read later: nothing is lost, what
 * sends them waits, and the host has time for others.
 */
export class Pace {
  readonly #perSecond: number;
  readonly #held = new Set<Readable>();
  #credit: number;
  #at = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #lifted = false;
  #heldMs = 0;
  #heldSince = 0;
  /** Messages since code began to run. */
  #counted = 0;
  /** Pieces that have been read so far. */
  #read = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#credit = perSecond * burstSeconds;
  }

  /** Whether something is not read at present. */
  get isHolding(): boolean {
    return this.#held.size > 0;
  }

  /** Code begins to run. */
  begin(): void {
    this.#heldMs = 0;
    this.#heldSince = performance.now();
    this.#counted = 0;
    this.#credit = Math.max(this.#credit, leastAtBegin);
    this.#resume();
  }

  /** It has ended; what it left behind may go on sending. */
  end(): void {
    this.#lifted = false;
  }

  /** Code is to end: what it has sent, and sends until it has, is read at once. */
  lift(): void {
    this.#lifted = true;
    this.#resume();
  }

  /** One message has come. */
  count(): void {
    this.#counted += 1;
    if (!this.#lifted) this.#credit -= 1;
  }

  /**
   * Reads a channel at that pace.
   * @returns a function that stops reading
   */
  read(channel: Readable, onData: (chunk: Buffer) => void): () => void {
    let stopped = false;
    const listener = (chunk: Buffer): void => {
      this.#read += 1;
      onData(chunk);
      if (!stopped && !this.#lifted) this.#holdBack(channel);
    };
    channel.on('data', listener);
    channel.resume();
    return () => {
      stopped = true;
      channel.off('data', listener);
      this.#held.delete(channel);
      channel.pause();
    };
  }

  /**
   * What sent has ended: settles when all of what it had sent is read, however late we come to it.
   * @param leastMs what comes by way of another process may take so long
   */
  async quiet(leastMs: number): Promise<void> {
    await sleep(leastMs);
    const began = performance.now();
    let before = this.#read;
    for (let turns = 0; turns < quietTurns && performance.now() - began < mostQuietMs; turns += 1) {
      await turn();
      if (this.#read === before && !this.isHolding) continue;
      before = this.#read;
      turns = -1;
    }
  }

  /** Whether code was slowed down noticeably since it began, by what came since then: not by what an earlier run still owes. */
  get hasSlowed(): boolean {
    return this.#heldMs > noticedMs && this.#counted > this.#perSecond;
  }

  #holdBack(channel: Readable): void {
    const now = performance.now();
    const earned = ((now - this.#at) / 1000) * this.#perSecond;
    this.#at = now;
    this.#credit = Math.min(this.#perSecond * burstSeconds, this.#credit + earned);
    if (this.#credit >= 0) return;
    channel.pause();
    if (this.#held.size === 0) this.#heldSince = now;
    this.#held.add(channel);
    this.#timer ??= setTimeout(() => this.#resume(), (-this.#credit / this.#perSecond) * 1000).unref();
  }

  #resume(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#held.size > 0) this.#heldMs += performance.now() - this.#heldSince;
    const held = [...this.#held];
    this.#held.clear();
    for (const channel of held) channel.resume();
  }
}
