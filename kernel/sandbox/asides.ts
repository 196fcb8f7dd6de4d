import { randomUUID } from 'node:crypto';
import type { Frame, Line } from './channel.ts';
import { parseMessage, type ReplyMessage } from './messages.ts';
import type { Snapshot } from './snapshots/snapshots.ts';

/** From the question to the answer, or to none. */
const longestMs = 250;
/** By itself a copy ends after so long, where nobody could end it before. */
const lifeSeconds = 1;

interface Place {
  /** Lends a channel. @throws Error where none is free */
  readonly take: () => Line;
  /** Ends a process of the sandbox; `ended` is told when it has. */
  readonly kill: (pid: number) => void;
}

interface Aside {
  readonly id: string;
  readonly line: Line;
  /** The snapshot that forks it. */
  readonly parent: number;
  readonly settle: (reply: ReplyMessage | undefined) => void;
  /** Processes that have ended since it was asked for: news of an end may come before its first message is read. */
  readonly ends: Set<number>;
  pid: number | undefined;
  settled: boolean;
}

/**
 * Short-lived copies of a snapshot, each of which answers one question while the session's own process is busy: what a
 * question meets there changes nothing of the session.
 */
export class Asides {
  readonly #most: number;
  readonly #place: Place;
  readonly #open = new Set<Aside>();

  constructor(most: number, place: Place) {
    this.#most = most;
    this.#place = place;
  }

  async ask(
    parent: Pick<Snapshot, 'line' | 'pid'>,
    question: Readonly<Record<string, unknown>>,
  ): Promise<ReplyMessage | undefined> {
    if (this.#open.size >= this.#most) return undefined;
    const line = this.#line();
    if (line === undefined) return undefined;
    return new Promise((resolve) => {
      const aside: Aside = {
        ...{ id: randomUUID(), line, parent: parent.pid },
        ...{ ends: new Set(), pid: undefined, settled: false },
        settle: (reply) => {
          clearTimeout(timer);
          aside.settled = true;
          resolve(reply);
        },
      };
      const timer = setTimeout(() => this.#giveUp(aside), longestMs);
      this.#open.add(aside);
      line.listen({
        onFrame: (frame) => this.#receive(aside, frame),
        onBreach: () => this.#giveUp(aside),
      });
      parent.line.send({
        ...{ kind: 'ask', channel: line.index, nonce: line.nonce, seconds: lifeSeconds },
        question: { ...question, id: aside.id },
      });
    });
  }

  /** A process of the sandbox has ended; it may be one of these. */
  ended(pid: number): void {
    for (const aside of this.#open) {
      aside.ends.add(pid);
      this.#leave(aside);
      // Without a parent there may be none at all; one that there is has ended by itself by then.
      if (pid === aside.parent) setTimeout(() => this.#close(aside), 2 * lifeSeconds * 1000).unref();
    }
  }

  #line(): Line | undefined {
    try {
      return this.#place.take();
    } catch {
      return undefined;
    }
  }

  #receive(aside: Aside, frame: Frame): void {
    const message = parseMessage(frame);
    if (typeof message === 'string') this.#giveUp(aside);
    else if (message.kind === 'stuck') this.#close(aside);
    else if (message.kind === 'hello' && message.role === 'aside' && aside.pid === undefined) {
      aside.pid = message.pid;
      if (aside.settled) this.#giveUp(aside);
      else this.#leave(aside);
    } else if (message.kind === 'reply' && message.id === aside.id && aside.pid !== undefined) {
      aside.settle(message.problem === undefined ? message : undefined);
      this.#leave(aside);
    } else this.#giveUp(aside);
  }

  /** There is no answer any more; the copy is ended, as soon as it can be. */
  #giveUp(aside: Aside): void {
    aside.settle(undefined);
    if (aside.pid !== undefined && !aside.ends.has(aside.pid)) this.#place.kill(aside.pid);
    this.#leave(aside);
  }

  /** Another process may not have its channel before it has ended. */
  #leave(aside: Aside): void {
    if (aside.settled && aside.pid !== undefined && aside.ends.has(aside.pid)) this.#close(aside);
  }

  #close(aside: Aside): void {
    aside.settle(undefined);
    if (!this.#open.delete(aside)) return;
    aside.line.release();
  }
}
