import type { RequestChannel } from './sockets.ts';
import { sizeOf, type ChannelMessage } from './wire/message.ts';

interface Held {
  readonly channel: RequestChannel;
  readonly message: ChannelMessage;
}

const most = 1000;
const mostBytes = 16 * 2 ** 20;

/** What clients say to a kernel that is not there yet. */
export class HeldMessages {
  #messages: Held[] = [];
  #bytes = 0;
  #waiting: (() => void)[] = [];

  add(held: Held): void {
    this.#messages.push(held);
    this.#bytes += sizeOf(held.message);
  }

  /** Settles when there is room for more; `undefined`: there is. */
  room(): Promise<void> | undefined {
    if (this.#messages.length < most && this.#bytes < mostBytes) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Gives all that is held, in its order. */
  release(send: (held: Held) => void): void {
    const messages = this.#messages;
    this.clear();
    messages.forEach(send);
  }

  clear(): void {
    const waiting = this.#waiting;
    this.#messages = [];
    this.#bytes = 0;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
