import { Duplex } from 'node:stream';
import { encodeFrame, FrameReader } from '../../kernel/sandbox/channel.ts';
import type { SandboxProcess } from '../../kernel/sandbox/contract.ts';
import { mangled, mutated } from './mutate.ts';
import type { Random } from './random.ts';

type Head = Readonly<Record<string, unknown>>;

/**
 * Stands for a sandbox in which everything has been taken over: no process is behind it. It answers on the channels as a
 * worker and its snapshots do, with messages and bytes changed, and tells of deaths early, late, twice, or of no one.
 */
export class SandboxDouble implements SandboxProcess {
  readonly channels: readonly Duplex[];
  readonly hostPid = undefined;
  readonly workerPid = 2;
  readonly exited: SandboxProcess['exited'];
  /** How many messages it has sent. */
  sent = 0;
  readonly #random: Random;
  readonly #listeners = new Set<(pid: number, status: number) => void>();
  readonly #dead = new Set<number>();
  /** Whom the channels belong to. */
  readonly #owners: number[] = [];
  #lastPid = 2;
  #isTame = true;
  #exit!: () => void;

  constructor(random: Random, channels: number) {
    this.#random = random;
    this.exited = new Promise((resolve) => (this.#exit = () => resolve({ code: 0, signal: null })));
    this.channels = Array.from({ length: channels }, (_, at) => this.#channel(at));
    this.#owners[2] = 2;
    this.#send(2, { kind: 'hello', version: 1, role: 'worker', pid: 2 });
    this.#isTame = false;
  }

  /** Forgets which deaths it has told of. */
  beginCounting(): void {
    this.#dead.clear();
  }

  /** Whether it has told of that process's death meanwhile. */
  hasEnded(pid: number): boolean {
    return this.#dead.has(pid);
  }

  stderrTail(): string {
    return '';
  }

  signal(pid: number, signal: 'SIGINT' | 'SIGKILL'): void {
    if (signal === 'SIGKILL') setImmediate(() => this.#die(pid));
  }

  onProcessExit(listener: (pid: number, status: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  kill(): void {
    this.#exit();
  }

  #die(pid: number): void {
    this.#dead.add(pid);
    for (const listener of this.#listeners) listener(pid, -9);
  }

  #channel(at: number): Duplex {
    const reader = new FrameReader({
      onFrame: ({ head }) => setImmediate(() => this.#answer(at, head as Head)),
      onBreach: (problem) => {
        throw new Error(`the host sent ${problem}`);
      },
    });
    return new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        reader.push(chunk);
        done();
      },
    });
  }

  #answer(at: number, head: Head): void {
    const { kind, id } = head;
    if (this.#happens(0.1)) this.#die(this.#random.below(this.#lastPid + 3));
    if (kind === 'execute') {
      this.#send(at, { kind: 'done', id, order: 0, error: null, userExpressions: {} });
    } else if (kind === 'snapshot') {
      this.#both(
        () => this.#send(at, { kind: 'reply', id }),
        () => this.#arrive(head, 'snapshot'),
      );
    } else if (kind === 'resume') {
      this.#both(
        () => this.#happens(0.1) && this.#send(at, { kind: 'stuck', problem: 'none' }),
        () => this.#arrive(head, 'worker'),
      );
    }
  }

  /** In one order or the other, at once or not. */
  #both(...acts: readonly [() => unknown, () => unknown]): void {
    const [first, second] = this.#random.chance(0.5) ? acts : ([acts[1], acts[0]] as const);
    first();
    if (this.#random.chance(0.5)) second();
    else setImmediate(second);
  }

  #arrive({ channel, nonce }: Head, role: 'snapshot' | 'worker'): void {
    const at = 2 + Number(channel);
    const pid = this.#happens(0.1) ? this.#random.below(9) : (this.#lastPid += 1);
    this.#owners[at] = pid;
    this.#dead.delete(pid); // a number that was another's before
    if (this.#happens(0.2)) this.#die(pid);
    this.channels[at]!.push(String(nonce));
    this.#send(at, { kind: 'hello', version: 1, role, pid });
    if (this.#happens(0.2)) this.channels[at]!.push(Buffer.alloc(64, 255));
  }

  #send(at: number, head: Head): void {
    this.sent += 1;
    const bytes = encodeFrame(this.#happens(0.3) ? mutated(this.#random, head) : head);
    const isCut = head['kind'] !== 'hello' && this.#happens(0.1);
    this.channels[at]!.push(isCut ? mangled(this.#random, bytes) : bytes);
    // Half a message is waited for until its process ends.
    if (isCut) this.#die(this.#owners[at] ?? 0);
  }

  #happens(probability: number): boolean {
    return !this.#isTame && this.#random.chance(probability);
  }
}
