import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError, repliqueError } from '../../../kernel/errors.ts';
import { rawMessage } from '../../../kernel/protocol/frames.ts';
import { makeMessage } from '../../../kernel/protocol/header.ts';
import { Turns } from '../../../kernel/turns.ts';
import { HttpError } from '../../http/errors.ts';
import type { Log } from '../../http/log.ts';
import { Activity } from './activity.ts';
import { Clients, type Connection } from './clients.ts';
import { removeConnectionFile, writeConnectionFile, type ConnectionFile } from './connection.ts';
import { HeldMessages } from './held.ts';
import type { KernelListener } from './listener.ts';
import { Outbox } from './outbox.ts';
import type { KernelModel } from './model.ts';
import type { Launch } from './process.ts';
import { OpenQuestion } from './questions.ts';
import { RestartLimit } from './restart-limit.ts';
import { KernelRun } from './run.ts';
import type { Received } from './sockets.ts';
import { readRequest } from './wire/request.ts';
import type { ChannelMessage } from './wire/message.ts';

export interface KernelOptions extends Launch {
  /** Of messages that are kept for a client. */
  readonly bufferBytes: number;
  /** How long a question waits for a page that is away. */
  readonly inputMs: number;
  readonly log: Log;
  readonly listener?: KernelListener | undefined;
  /** It has ended unasked and has a new process. */
  readonly onRestarted: () => void;
  /** It has ended too often and is not started again. */
  readonly onDead: () => void;
}

/** How long a restarted kernel may take until it answers. */
const readyMs = 60_000;

/** A kernel as clients see it: the same one, whichever process it has. */
export class Kernel {
  readonly id: string;
  readonly name: string;
  readonly activity = new Activity();
  readonly clients: Clients;
  readonly #options: KernelOptions;
  readonly #session = randomUUID();
  readonly #turns = new Turns();
  readonly #limit = new RestartLimit();
  readonly #held = new HeldMessages();
  readonly #question: OpenQuestion;
  #connection: ConnectionFile;
  /** None between two processes, and after the last. */
  #run: KernelRun | undefined;
  #ended = false;
  #reason: string | undefined;
  #waiting: ((ready: boolean) => void)[] = [];

  private constructor(options: KernelOptions, connection: ConnectionFile) {
    this.id = options.kernelId;
    this.name = options.kernelspec.name;
    this.#options = options;
    this.#connection = connection;
    this.clients = new Clients(
      () =>
        new Outbox({
          mostBytes: options.bufferBytes,
          spoolDirectory: () => this.#connection.path.replace(/[^/]*$/, ''),
          lost: (count) => this.#lostMessage(count),
        }),
    );
    this.#question = new OpenQuestion({
      limitMs: options.inputMs,
      isPresent: (session) => this.clients.has(session),
      answer: (message) => this.#run?.send('stdin', message),
    });
  }

  /** @throws RepliqueError KERNEL_FAILED, NOT_WRITABLE */
  static async start(options: KernelOptions): Promise<Kernel> {
    const kernel = new Kernel(options, await connectionFor(options));
    try {
      await kernel.#launch();
      return kernel;
    } catch (error) {
      options.listener?.ended();
      await removeConnectionFile(kernel.#connection);
      throw error;
    }
  }

  model(): KernelModel {
    return {
      id: this.id,
      name: this.name,
      last_activity: this.activity.last.toISOString(),
      execution_state: this.activity.state,
      connections: this.clients.count,
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
    };
  }

  /**
   * Takes a client's message; before the kernel is there it waits.
   * @throws WireError
   */
  receive(session: string, message: ChannelMessage): void {
    const { channel, header } = readRequest(message);
    if (this.#ended) return;
    this.clients.asked(session, header);
    this.#options.listener?.requested(session, header, message);
    if (channel === 'stdin') this.#question.close();
    if (this.#run?.isReady) this.#run.send(channel, message);
    else this.#held.add({ channel, message });
  }

  attach(session: string, connection: Connection): void {
    const isWhole = this.clients.attach(session, connection);
    this.#question.attached(session);
    this.#options.listener?.attached(session, isWhole);
  }

  /** @param code how it was closed */
  detach(session: string, connection: Connection, code: number): void {
    if (!this.clients.detach(session, connection)) return;
    this.#question.detached(session);
    this.#options.listener?.detached(session, code);
  }

  /** Settles when more can be taken; `undefined`: now. */
  room(): Promise<void> | undefined {
    return this.#held.room() ?? this.#run?.room();
  }

  interrupt(): void {
    this.#run?.interrupt();
  }

  /**
   * Gives it a new process, with the same id and ports; settles when that answers.
   * @throws RepliqueError KERNEL_FAILED; HttpError 404 where it was shut down meanwhile
   */
  async restart(): Promise<void> {
    const leave = await this.#turns.enter();
    let ready: Promise<boolean>;
    try {
      if (this.#isOver()) throw this.#gone();
      await this.#stop({ restart: true });
      ready = new Promise((resolve) => this.#waiting.push(resolve));
      await this.#launch();
    } finally {
      leave();
    }
    const limit = new AbortController();
    const late = sleep(readyMs, false, { signal: limit.signal }).catch(() => false);
    const answered = await Promise.race([ready, late]);
    limit.abort();
    if (answered) return;
    throw this.#isOver() ? this.#gone() : this.#failed('it does not answer.');
  }

  /** Ends it and all that it has started. */
  async shutdown(): Promise<void> {
    const leave = await this.#turns.enter();
    try {
      if (this.#ended) return;
      await this.#stop({ restart: false });
      await this.#end();
    } finally {
      leave();
    }
  }

  /** @throws RepliqueError KERNEL_FAILED */
  async #launch(): Promise<void> {
    this.activity.restarted();
    const run = await KernelRun.start({
      launch: this.#options,
      connection: this.#connection,
      session: this.#session,
      onMessage: (message) => this.#receive(message),
      onProblem: (problem) => this.#options.log.warn({ kernel: this.id, problem }, 'kernel message refused'),
    });
    this.#run = run;
    void run.ready.then((ready) => {
      if (!ready || this.#run !== run) return;
      this.#held.release(({ channel, message }) => run.send(channel, message));
      this.#settle(true);
    });
    void run.exited.then((how) => this.#recover(run, how));
  }

  async #stop(options: { readonly restart: boolean }): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    await run?.stop(options);
    this.#forgetRequests();
  }

  #receive(message: Received): void {
    if (message.channel === 'iopub') this.activity.note(message);
    else this.#question.received(message, this.clients.askerOf(message.parent));
    this.#options.listener?.received(message);
    this.clients.deliver(message);
  }

  /** The process that was asked is gone. */
  #forgetRequests(): void {
    this.clients.forgetRequests();
    this.#question.close();
    this.#options.listener?.stopped();
  }

  /** A process has ended that was not told to: another one takes its place, a few times. Never rejects. */
  async #recover(run: KernelRun, how: string): Promise<void> {
    const leave = await this.#turns.enter();
    try {
      if (this.#run !== run) return;
      this.#run = undefined;
      const { log } = this.#options;
      log.warn({ kernel: this.id, how, printed: run.printed() }, 'kernel ended unexpectedly');
      await run.clear();
      this.#forgetRequests();
      const pause = this.#limit.pauseMs(run.isReady, performance.now() - run.startedAt);
      if (pause === undefined) {
        const printed = run.printed();
        await this.#die(`It ended too often (${how})${printed === '' ? '.' : `; it said: ${printed}`}`);
        return;
      }
      this.#tell('restarting');
      this.activity.restarted();
      await sleep(pause);
      // Another program may have taken a port of one that never answered.
      if (!run.isReady) this.#connection = await connectionFor(this.#options);
      await this.#launch();
      this.#options.onRestarted();
    } catch (error) {
      await this.#die(describeError(error, false));
    } finally {
      leave();
    }
  }

  async #die(reason: string): Promise<void> {
    this.#reason = reason;
    this.activity.state = 'dead';
    this.#options.log.error({ kernel: this.id, reason }, 'kernel is dead');
    this.#tell('dead');
    await this.#end();
    this.#options.onDead();
  }

  async #end(): Promise<void> {
    this.#ended = true;
    this.#held.clear();
    this.#settle(false);
    this.clients.end();
    this.#options.listener?.ended();
    await removeConnectionFile(this.#connection);
  }

  #settle(ready: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(ready);
  }

  /** A state that only the server knows of. */
  #tell(state: 'restarting' | 'dead'): void {
    const message = makeMessage('status', this.#session, { execution_state: state });
    this.clients.broadcast({ channel: 'iopub', ...rawMessage(message) });
  }

  #lostMessage(count: number): ChannelMessage {
    const text = `\n${count} messages of the kernel are missing here: the server had no room to keep them.\n`;
    const message = makeMessage('stream', this.#session, { name: 'stderr', text });
    return { channel: 'iopub', ...rawMessage(message) };
  }

  #isOver(): boolean {
    return this.#ended;
  }

  #gone(): Error {
    if (this.#reason !== undefined) return this.#failed(this.#reason);
    return new HttpError(404, `Kernel has been shut down: ${this.id}`);
  }

  #failed(problem: string): Error {
    return repliqueError('KERNEL_FAILED', { kernel: this.name, problem });
  }
}

const connectionFor = ({ kernelId, kernelspec }: Launch): Promise<ConnectionFile> =>
  writeConnectionFile(kernelId, kernelspec.name);
