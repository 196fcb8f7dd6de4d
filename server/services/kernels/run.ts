import { setTimeout as sleep } from 'node:timers/promises';
import { makeMessage } from '../../../kernel/protocol/header.ts';
import { rawMessage, type RawMessage } from '../../../kernel/protocol/frames.ts';
import type { JsonObject } from '../../../kernel/protocol/header.ts';
import type { ConnectionFile } from './connection.ts';
import type { ProcessMark } from '../../../kernel/processes.ts';
import { headerOf } from './keep/messages.ts';
import { startProcess, takeOverProcess, type KernelProcess, type Launch } from './process.ts';
import { KernelSockets, type Received, type RequestChannel } from './sockets.ts';

/** Between two questions whether the kernel is there. */
const nudgeMs = 200;

/** How long a kernel that was asked to leave may take, and one that was never there. */
const graceMs = { ready: 5000, notReady: 500 };

/** How long a kernel that was taken over may take to be heard. */
const hearMs = 3000;

/** Answers to those before may still be on the way when the one to this server has come. */
const lastAnswersMs = 1000;

/** What a process has sent before its end is still on the way. */
const quietMs = 50;
const longestDrainMs = 1000;

export interface RunOptions {
  readonly launch: Launch;
  readonly connection: ConnectionFile;
  /** Session of the server's own messages. */
  readonly session: string;
  /** By which the kernel knows this server. */
  readonly identity: string;
  /** By which it knew those before it. */
  readonly earlier?: readonly string[];
  /** By which it has asked a question that is still open. */
  readonly asked?: () => string | undefined;
  readonly onMessage: (message: Received) => void;
  readonly onProblem: (problem: string) => void;
  /** What `onMessage` has thrown, which is a bug. */
  readonly onFault: (error: unknown) => void;
  /** It was taken over and has run a cell of the server's own: all that was asked before is answered. */
  readonly onFree?: () => void;
  /** Those answers have come, or will not. */
  readonly onAnswered?: () => void;
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
  /** The cell of the server's own that ends the time of those before. */
  #last: string | undefined;
  #lateAnswers: NodeJS.Timeout | undefined;
  #isReady = false;
  #lastMessage = 0;
  /** While it is taken over: what it says waits for what it has said before. */
  #early: Received[] | undefined;
  #lastHeard: Received | undefined;
  #settle!: (ready: boolean) => void;
  /** Settles with true when it answers and its messages arrive, with false when it has ended before. */
  readonly ready = new Promise<boolean>((resolve) => (this.#settle = resolve));

  private constructor(options: RunOptions, child: KernelProcess, early?: Received[]) {
    this.#options = options;
    this.#process = child;
    this.#early = early;
    this.#sockets = new KernelSockets(options.connection.info, options.identity, {
      onMessage: (message) => this.#receive(message),
      onProblem: options.onProblem,
      onFault: options.onFault,
    });
    this.exited = child.exited;
    void this.#nudge();
  }

  /** @throws RepliqueError KERNEL_FAILED */
  static async start(options: RunOptions): Promise<KernelRun> {
    return new KernelRun(options, await startProcess(options.launch, options.connection.path));
  }

  /**
   * Listens to a kernel that another server has started. Settles when it is heard, or has not been for long; what it says
   * waits for `goOn`.
   * @throws RepliqueError KERNEL_FAILED where it has ended
   */
  static async takeOver(options: RunOptions, mark: ProcessMark): Promise<KernelRun> {
    const run = new KernelRun(options, takeOverProcess(options.launch, mark), []);
    const limit = new AbortController();
    const late = sleep(hearMs, undefined, { signal: limit.signal }).catch(() => undefined);
    await Promise.race([run.ready, late]);
    limit.abort();
    return run;
  }

  /**
   * Who listened before has let go of the kernel: what was kept is told, then what has come since.
   * @param kept of which the last may have come here, too
   */
  goOn(kept: Iterable<Received>): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    const told = new Set<string>();
    for (const message of kept) {
      told.add(headerOf(message));
      if (told.size > mostCompared) told.delete(told.values().next().value ?? '');
      this.#pass(message);
    }
    for (const message of early) if (!told.has(headerOf(message))) this.#pass(message);
    const { earlier = [], asked } = this.#options;
    this.#sockets.listenFor(earlier, asked?.());
    this.#last = this.#ask('shell', 'execute_request', emptyCell);
    this.#asked.add(this.#last);
    this.#isReady = true;
    this.#settle(true);
  }

  get mark(): ProcessMark {
    return this.#process.mark;
  }

  /** Header of the last message of iopub, as it came. */
  get lastHeard(): string | undefined {
    return this.#lastHeard && headerOf(this.#lastHeard);
  }

  /** Lets go of the kernel, which goes on. */
  async leave(): Promise<void> {
    clearTimeout(this.#lateAnswers);
    this.#process.leave();
    await this.#sockets.close();
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
    clearTimeout(this.#lateAnswers);
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
    const request = String(parent['msg_id']);
    const own = this.#asked.has(request);
    if (channel === 'iopub') this.#heardIopub = true;
    else if (own) this.#heardReply = true;
    if (channel === 'shell' && request === this.#last) this.#free();
    if (!this.#isReady && this.#heardIopub && this.#heardReply) {
      this.#isReady = true;
      this.#settle(true);
    }
    if (channel !== 'iopub' && own) return;
    if (this.#early) this.#early.push(message);
    else this.#pass(message);
  }

  #free(): void {
    this.#options.onFree?.();
    this.#lateAnswers = setTimeout(() => {
      this.#sockets.forgetEarlier();
      this.#options.onAnswered?.();
    }, lastAnswersMs).unref();
  }

  #pass(message: Received): void {
    if (message.channel === 'iopub') this.#lastHeard = message;
    this.#options.onMessage(message);
  }
}

/** A cell that does nothing, in its turn: kernels may answer all else while a cell runs. */
const emptyCell = {
  ...{ code: '', silent: true, store_history: false, user_expressions: {} },
  ...{ allow_stdin: false, stop_on_error: false },
};

/** So many messages that were kept are compared with those that came since. */
const mostCompared = 10_000;
