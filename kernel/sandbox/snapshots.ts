import type { Line } from './channel.ts';
import { forkMs, hello, type Hello } from './worker-hello.ts';

/** A forked copy of the session that waits. */
export interface Snapshot {
  readonly line: Line;
  readonly pid: number;
}

/** The snapshots that live in one sandbox, least recently used first; the most recently used one is where the session stands. */
export class Snapshots {
  readonly #live = new Map<string, Snapshot>();
  /** Channels of those that are being ended, by their numbers: another process may not have them before. */
  readonly #leaving = new Map<number, Line>();
  readonly #most: number;
  readonly #kill: (pid: number) => void;

  /** @param kill ends a process of the sandbox; `ended` is told when it has */
  constructor(most: number, kill: (pid: number) => void) {
    this.#most = most;
    this.#kill = kill;
  }

  /** The one that was last taken or resumed, if it lives. */
  get newest(): string | undefined {
    return [...this.#live.keys()].at(-1);
  }

  get newestOne(): Snapshot | undefined {
    return [...this.#live.values()].at(-1);
  }

  /** Their numbers inside the sandbox. */
  get pids(): ReadonlySet<number> {
    return new Set([...this.#live.values()].map(({ pid }) => pid));
  }

  has(id: string): boolean {
    return this.#live.has(id);
  }

  add(id: string, snapshot: Snapshot): void {
    this.#live.set(id, snapshot);
    for (const oldest of [...this.#live.keys()].slice(0, -this.#most)) this.drop(oldest);
  }

  /** Drops all but the newest. */
  dropOlder(): void {
    for (const id of [...this.#live.keys()].slice(0, -1)) this.drop(id);
  }

  drop(id: string): void {
    const snapshot = this.#live.get(id);
    if (snapshot === undefined) return;
    this.#live.delete(id);
    this.#leaving.set(snapshot.pid, snapshot.line);
    this.#kill(snapshot.pid);
  }

  /** A process of the sandbox has ended; it may be one of these. */
  ended(pid: number): void {
    for (const [id, snapshot] of this.#live) {
      if (snapshot.pid !== pid) continue;
      this.#live.delete(id);
      snapshot.line.release();
    }
    this.#leaving.get(pid)?.release();
    this.#leaving.delete(pid);
  }

  /**
   * Has the snapshot fork a copy that is the session from then on.
   * @param replaces process whose children end now
   * @param gone aborted when nothing of the sandbox runs any more
   * @throws Error if it does not answer; it is given up then
   */
  async resume(id: string, line: Line, replaces: number, gone: AbortSignal): Promise<Hello> {
    const snapshot = this.#live.get(id);
    if (snapshot === undefined) throw new Error('that snapshot is gone');
    const arrival = hello(line, 'worker', forkMs, { parent: snapshot.line, gone });
    snapshot.line.send({ kind: 'resume', channel: line.index, nonce: line.nonce, replaces });
    try {
      const found = await arrival;
      this.#live.delete(id);
      this.#live.set(id, snapshot);
      return found;
    } catch (error) {
      this.drop(id);
      throw error;
    }
  }
}
