import { Spool } from './spool.ts';
import { decodeV1, encodeV1 } from './wire/v1.ts';
import { sizeOf, type ChannelMessage } from './wire/message.ts';

/** Where messages go: a client that is there. */
export interface Sink {
  /** Sends a message; `false`: it has more to send than it should, and says when it has room again. */
  write(message: ChannelMessage): boolean;
  /** Called once, when there is room again. */
  onRoom(callback: () => void): void;
}

/** Bytes that are kept in memory; what is more waits on the disk. */
const mostInMemory = 32 * 2 ** 20;

interface OutboxOptions {
  /** Bytes that are kept in all. */
  readonly mostBytes: number;
  readonly spoolDirectory: () => string;
  /** The message that says that so many were left out. */
  readonly lost: (count: number) => ChannelMessage;
}

/**
 * The messages of one client, in order: they wait while it is away or slower than its kernel, in memory and then on the
 * disk. What does not fit even there is counted, and said in its place.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #spool: Spool;
  #memory: ChannelMessage[] = [];
  #memoryBytes = 0;
  #lost = 0;
  #sink: Sink | undefined;
  #paused = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#spool = new Spool(options.spoolDirectory);
  }

  push(message: ChannelMessage): void {
    if (this.#sink && !this.#paused && this.#isEmpty()) this.#write(this.#sink, message);
    else this.#keep(message);
  }

  /** Sends what waits, and from now on what comes. */
  attach(sink: Sink): void {
    this.#sink = sink;
    this.#paused = false;
    this.#flush(sink);
  }

  detach(): void {
    this.#sink = undefined;
    this.#paused = false;
  }

  /** Takes out what waits. */
  *drain(): Generator<ChannelMessage> {
    this.detach();
    yield* this.#memory;
    this.#memory = [];
    this.#memoryBytes = 0;
    for (let kept = this.#next(); kept; kept = this.#next()) yield kept;
  }

  /** Forgets what waits. */
  close(): void {
    this.detach();
    this.#memory = [];
    this.#memoryBytes = this.#lost = 0;
    this.#spool.close();
  }

  #isEmpty(): boolean {
    return this.#memory.length === 0 && this.#spool.size === 0 && this.#lost === 0;
  }

  #keep(message: ChannelMessage): void {
    const bytes = sizeOf(message);
    const fits = this.#memoryBytes + this.#spool.size + bytes <= this.#options.mostBytes;
    if (this.#lost > 0 || !fits) {
      this.#lost += 1;
    } else if (this.#spool.size === 0 && this.#memoryBytes + bytes <= mostInMemory) {
      this.#memory.push(message);
      this.#memoryBytes += bytes;
    } else {
      try {
        this.#spool.append(encodeV1(message));
      } catch {
        this.#lost += 1; // the disk is full
      }
    }
  }

  #flush(sink: Sink): void {
    const waiting = this.#memory;
    let sent = 0;
    while (sent < waiting.length && !this.#paused) this.#write(sink, waiting[sent++] as ChannelMessage);
    this.#memory = waiting.slice(sent);
    this.#memoryBytes = this.#memory.reduce((sum, message) => sum + sizeOf(message), 0);
    for (let kept = this.#next(); kept; kept = this.#next()) this.#write(sink, kept);
  }

  /** What was left out comes last: once anything is, all that follows is, until the rest is sent. */
  #next(): ChannelMessage | undefined {
    if (this.#paused || this.#memory.length > 0) return undefined;
    const kept = this.#spooled();
    if (kept) return kept;
    if (this.#lost === 0) return undefined;
    const notice = this.#options.lost(this.#lost);
    this.#lost = 0;
    return notice;
  }

  #spooled(): ChannelMessage | undefined {
    try {
      const kept = this.#spool.take();
      return kept && decodeV1(kept);
    } catch {
      this.#lost += this.#spool.count; // the disk has failed
      this.#spool.close();
      return undefined;
    }
  }

  #write(sink: Sink, message: ChannelMessage): void {
    if (sink.write(message)) return;
    this.#paused = true;
    sink.onRoom(() => {
      if (this.#sink !== sink) return;
      this.#paused = false;
      this.#flush(sink);
    });
  }
}
