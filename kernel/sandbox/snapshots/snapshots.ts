import { randomUUID } from 'node:crypto';
import { repliqueError } from '../../errors.ts';
import type { ChannelPool, Line } from '../channel.ts';
import type { SandboxProcess } from '../contract.ts';
import { forkMs, hello, living, snapshotFailure, type Hello } from '../worker-hello.ts';
import type { WorkerPeer } from '../worker-peer.ts';
import { parseMessage } from '../messages.ts';
import { killWithin } from '../kill.ts';
import { settledWithin } from '../worker-time.ts';
import { limitsIn } from './limits.ts';

/** How long the end of one is waited for. */
const endMs = 2_000;

/** A forked copy of the session that waits. */
export interface Snapshot {
  readonly line: Line;
  readonly pid: number;
  /** Sentences on what of the session a copy of it does not have. */
  readonly limits: readonly string[];
}

interface Place {
  readonly sandbox: Pick<SandboxProcess, 'signal' | 'onProcessExit'>;
  readonly pool: ChannelPool;
  /** Aborted when nothing of the sandbox runs any more. */
  readonly gone: AbortSignal;
}

/** The snapshots that live in one sandbox, least recently used first; the most recently used one is where the session stands. */
export class Snapshots {
  readonly #live = new Map<string, Snapshot>();
  /** Channels of those that are being ended, by their numbers: another process may not have them before. */
  readonly #leaving = new Map<number, Line>();
  readonly #most: number;
  readonly #place: Place;

  constructor(most: number, place: Place) {
    this.#most = most;
    this.#place = place;
  }

  /** The one that was last taken or resumed, if it lives. */
  get newest(): string | undefined {
    return [...this.#live.keys()].at(-1);
  }

  get newestOne(): Snapshot | undefined {
    return [...this.#live.values()].at(-1);
  }

  /** Their numbers inside the sandbox, in the order of their use. */
  get pids(): ReadonlySet<number> {
    return new Set([...this.#live.values()].map(({ pid }) => pid));
  }

  /** How many processes they are, those that are being ended included. */
  get processes(): number {
    return this.#live.size + this.#leaving.size;
  }

  has(id: string): boolean {
    return this.#live.has(id);
  }

  limitsOf(id: string): readonly string[] {
    return this.#live.get(id)?.limits ?? [];
  }

  /**
   * Forks one of the idle process; where there are too many, the one that was used longest ago goes.
   * @throws RepliqueError SNAPSHOT_FAILED
   */
  async take(peer: WorkerPeer): Promise<string> {
    const { sandbox, pool, gone } = this.#place;
    const id = randomUUID();
    const line = pool.take();
    const refused = new AbortController();
    const copy = this.#await('snapshot', line, { gone: AbortSignal.any([gone, refused.signal]) });
    copy.catch(() => undefined);
    const asked = peer.ask({ kind: 'snapshot', channel: line.index, nonce: line.nonce });
    try {
      const reply = await settledWithin(asked, forkMs);
      if (reply === undefined) sandbox.signal(peer.pid, 'SIGKILL');
      if (reply === undefined || !('kind' in reply)) throw new Error('Python did not answer');
      if (reply.problem !== undefined) {
        line.release();
        throw new Error(reply.problem);
      }
      this.#live.set(id, { line, pid: (await copy).pid, limits: limitsIn(reply) });
      const [oldest] = this.#live.keys();
      if (this.#live.size > this.#most && oldest !== undefined) this.drop(oldest);
    } catch (error) {
      refused.abort();
      throw snapshotFailure(error);
    }
    return id;
  }

  /** Drops all but the newest. */
  dropOlder(): void {
    for (const id of [...this.#live.keys()].slice(0, -1)) this.drop(id);
  }

  drop(id: string): void {
    const pid = this.#leave(id);
    if (pid !== undefined) this.#place.sandbox.signal(pid, 'SIGKILL');
  }

  /**
   * Drops those that were used longest ago until so many bytes are free or only the newest is left; settles when they have
   * ended.
   * @param held what a process of that number holds
   */
  async free(bytes: number, held: (pid: number) => number): Promise<void> {
    const ends: Promise<void>[] = [];
    let left = bytes;
    for (const [id, { pid }] of [...this.#live].slice(0, -1)) {
      if (left <= 0) break;
      left -= held(pid);
      this.#leave(id);
      ends.push(killWithin(this.#place.sandbox, pid, endMs));
    }
    await Promise.all(ends);
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
   * @throws RepliqueError SNAPSHOT_FAILED; where it does not answer, it is given up
   */
  async resume(id: string, line: Line, replaces: number): Promise<Hello> {
    const snapshot = this.#live.get(id);
    if (snapshot === undefined) throw goneFailure();
    // At once: what is in use is not the first to go.
    this.#live.delete(id);
    this.#live.set(id, snapshot);
    const awaited = { parent: snapshot.line, gone: this.#place.gone };
    const copy = this.#await('worker', line, awaited, () => this.drop(id));
    snapshot.line.send({ kind: 'resume', channel: line.index, nonce: line.nonce, replaces });
    try {
      return await copy;
    } catch (error) {
      throw snapshotFailure(error);
    }
  }

  /** The copy that speaks on that line; where it fails, the line is free as soon as nothing can read from it any more. */
  async #await(
    role: 'worker' | 'snapshot',
    line: Line,
    awaited: Parameters<typeof hello>[3],
    onSilent: () => void = () => undefined,
  ): Promise<Hello> {
    const arrival = hello(line, role, forkMs, awaited);
    try {
      return await living(this.#place.sandbox, arrival);
    } catch (error) {
      await arrival.then(
        () => line.release(),
        () => {
          this.#disown(line);
          onSilent();
        },
      );
      throw error;
    }
  }

  /** A copy that comes late is ended. */
  #disown(line: Line): void {
    line.listen({
      onBreach: () => undefined,
      onFrame: (frame) => {
        const message = parseMessage(frame);
        if (typeof message === 'string' || message.kind !== 'hello' || this.#leaving.has(message.pid)) return;
        this.#leaving.set(message.pid, line);
        this.#place.sandbox.signal(message.pid, 'SIGKILL');
      },
    });
  }

  /** It is gone for who asks; its channel is lent until it has ended. */
  #leave(id: string): number | undefined {
    const snapshot = this.#live.get(id);
    if (snapshot === undefined) return undefined;
    this.#live.delete(id);
    this.#leaving.set(snapshot.pid, snapshot.line);
    return snapshot.pid;
  }
}

export const goneFailure = (): Error =>
  repliqueError('SNAPSHOT_FAILED', { problem: 'that snapshot is gone' });
