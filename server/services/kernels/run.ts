import { setTimeout as sleep } from 'node:timers/promises';
import { makeMessage } from '../../../kernel/protocol/header.ts';
import { rawMessage, type RawMessage } from '../../../kernel/protocol/frames.ts';
import type { JsonObject } from '../../../kernel/protocol/header.ts';
import type { ConnectionFile } from './connection.ts';
import { startProcess, type KernelProcess, type Launch } from './process.ts';
import { KernelSockets, type Received, type RequestChannel } from './sockets.ts';

/** Between two questions whether the kernel is there. */
const nudgeMs = 200;

/** How long a kernel that was asked to leave may take, and one that was never there. */
const graceMs = { ready: 5000, notReady: 500 };

/** What a process has sent before its end is still on the way. */
const quietMs = 50;
const longestDrainMs = 1000;

export interface RunOptions {
  readonly launch: Launch;
  readonly connection: ConnectionFile;
  /** Session of the server's own messages. */
  readonly session: string;
  readonly onMessage: (message: Received) => void;
  readonly onProblem: (problem: string) => void;
}

/** One process of a kernel, from its start to its end, with its sockets. */
export class KernelRun {
  readonly startedAt = performance.now();
  /** How it ended. Never rejects. */
  readonly exited: Promise<string>;
  readonly #options: RunOptions;
  readonly #process: KernelProcess;
  readonly #sockets: KernelSockets;
  /** The questions of `#nudge`, whose answers nobody else waits for. */
  readonly #asked = new Set<string>();
  #heardIopub = false;
  #heardReply = false;
  #isReady = false;
  #lastMessage = 0;
  #settle!: (ready: boolean) => void;
  /** Settles with true when it answers and its messages arrive, with false when it has ended before. */
  readonly ready = new Promise<boolean>((resolve) => (this.#settle = resolve));

  private constructor(options: RunOptions, child: KernelProcess) {
    this.#options = options;
    this.#process = child;
    this.#sockets = new KernelSockets(options.connection.info, {
      onMessage: (message) => this.#receive(message),
      onProblem: options.onProblem,
    });
    this.exited = child.exited;
    void this.#nudge();
  }

  /** @throws RepliqueError KERNEL_FAILED */
  static async start(options: RunOptions): Promise<KernelRun> {
    return new KernelRun(options, await startProcess(options.launch, options.connection.path));
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** The end of what it has printed outside of cells. */
  printed(): string {
    return this.#process.printed();
  }

  send(channel: RequestChannel, message: RawMessage): void {
    this.#sockets.send(channel, message);
  }

  room(): Promise<void> | undefined {
    return this.#sockets.room();
  }

  interrupt(): void {
    const { interrupt_mode } = this.#options.launch.kernelspec.spec;
    if (interrupt_mode === 'message') this.#ask('control', 'interrupt_request', {});
    else this.#process.signal('SIGINT');
  }

  /** Ends it, gently first, and whatever it has started. */
  async stop({ restart }: { readonly restart: boolean }): Promise<void> {
    this.#ask('control', 'shutdown_request', { restart });
    const limit = new AbortController();
    const grace = this.#isReady ? graceMs.ready : graceMs.notReady;
    const late = sleep(grace, undefined, { signal: limit.signal }).catch(() => undefined);
    await Promise.race([this.exited, late]);
    limit.abort();
    await this.clear();
  }

  /** After the process: takes what it has still sent, and ends what it has left behind. */
  async clear(): Promise<void> {
    await this.#process.end();
    await this.exited;
    this.#settle(false);
    const until = performance.now() + longestDrainMs;
    do await sleep(quietMs);
    while (performance.now() - this.#lastMessage < quietMs && performance.now() < until);
    await this.#sockets.close();
  }

  #ask(channel: RequestChannel, type: string, content: JsonObject): string {
    const message = makeMessage(type, this.#options.session, content);
    this.#sockets.send(channel, rawMessage(message));
    return message.header.msg_id;
  }

  /** A subscription takes a moment, and what was published before it is lost: so the kernel is asked until it is heard. */
  async #nudge(): Promise<void> {
    const gone = this.exited.then(() => true);
    for (let ended = false; !this.#isReady && !ended;) {
      for (const channel of ['shell', 'control'] as const) {
        this.#asked.add(this.#ask(channel, 'kernel_info_request', {}));
      }
      const pause = new AbortController();
      const next = sleep(nudgeMs, false, { signal: pause.signal }).catch(() => false);
      ended = await Promise.race([gone, next, this.ready.then(() => true)]);
      pause.abort();
    }
  }

  #receive(message: Received): void {
    this.#lastMessage = performance.now();
    const { channel, parent } = message;
    const own = this.#asked.has(String(parent['msg_id']));
    if (channel === 'iopub') this.#heardIopub = true;
    else if (own) this.#heardReply = true;
    if (!this.#isReady && this.#heardIopub && this.#heardReply) {
      this.#isReady = true;
      this.#settle(true);
    }
    if (channel === 'iopub' || !own) this.#options.onMessage(message);
  }
}
