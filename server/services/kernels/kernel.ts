import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError, repliqueError } from '../../../kernel/errors.ts';
import { Turns } from '../../../kernel/turns.ts';
import { HttpError } from '../../http/errors.ts';
import { Activity } from './activity.ts';
import type { Clients, Connection } from './clients.ts';
import { keptConnection, newConnection, removeConnectionFile, type ConnectionFile } from './connection.ts';
import type { KernelModel, KernelOptions } from './contract.ts';
import { Conversation } from './conversation.ts';
import type { KernelRecord } from './keep/records.ts';
import { stateNotice } from './notices.ts';
import { Readiness } from './readiness.ts';
import { RestartLimit } from './restart-limit.ts';
import { KernelRun, type RunOptions } from './run.ts';
import type { ChannelMessage } from './wire/message.ts';

/** How long a restarted kernel may take until it answers. */
const readyMs = 60_000;

/** A kernel as clients see it: the same one, whichever process it has. */
export class Kernel {
  readonly id: string;
  readonly name: string;
  readonly activity = new Activity();
  readonly #options: KernelOptions;
  readonly #session = randomUUID();
  readonly #turns = new Turns();
  readonly #limit = new RestartLimit();
  readonly #conversation: Conversation;
  #connection: ConnectionFile;
  /** None between two processes, and after the last. */
  #run: KernelRun | undefined;
  #ended = false;
  #reason: string | undefined;
  readonly #readiness = new Readiness();

  private constructor(options: KernelOptions, connection: ConnectionFile) {
    this.id = options.kernelId;
    this.name = options.kernelspec.name;
    this.#options = options;
    this.#connection = connection;
    this.#conversation = new Conversation({
      ...{ options, session: this.#session, activity: this.activity },
      run: () => this.#run,
      spoolDirectory: () => dirname(this.#connection.path),
      onChange: () => this.#save(),
    });
  }

  get clients(): Clients {
    return this.#conversation.clients;
  }

  /** @throws RepliqueError KERNEL_FAILED, NOT_WRITABLE */
  static async start(options: KernelOptions): Promise<Kernel> {
    const kernel = new Kernel(options, await newConnection(options));
    try {
      await kernel.#launch();
      return kernel;
    } catch (error) {
      options.listener?.ended();
      options.kept.remove();
      await removeConnectionFile(kernel.#connection);
      throw error;
    }
  }

  /**
   * Takes over a kernel that another server has started, which another process may still listen to: `goOn` follows.
   * @throws Error where it has ended, or can't be reached
   */
  static async takeOver(options: KernelOptions, record: KernelRecord): Promise<Kernel> {
    const { kept, listener } = options;
    try {
      const kernel = new Kernel(options, keptConnection(record));
      kept.restore(kernel.clients);
      if (record.question) kernel.#conversation.restore(record.question);
      kernel.activity.takenOver();
      kernel.#follow(await KernelRun.takeOver(kernel.#runOptions(), record.process));
      return kernel;
    } catch (error) {
      for (const message of kept.missed()) listener?.received(message);
      listener?.ended();
      throw error;
    }
  }

  /** Nobody else listens any more: what has happened meanwhile is told. */
  goOn(): void {
    const { kept } = this.#options;
    this.#run?.goOn(kept.missed());
    kept.caughtUp();
    this.#save();
  }

  /** Lets go of the kernel, which goes on for the next server. */
  async leave(): Promise<void> {
    const leave = await this.#turns.enter();
    try {
      const run = this.#run;
      if (run === undefined || this.#ended) return;
      this.#run = undefined;
      this.#ended = true;
      await run.leave();
      this.#conversation.leave();
      this.#save(run);
      this.#options.kept.saveUnsent(this.clients, this.#options.bufferBytes);
    } finally {
      leave();
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
    if (!this.#ended) this.#conversation.receive(session, message);
  }

  attach(session: string, connection: Connection): void {
    this.#conversation.attach(session, connection);
  }

  /** @param code how it was closed */
  detach(session: string, connection: Connection, code: number): void {
    this.#conversation.detach(session, connection, code);
  }

  /** Settles when more can be taken; `undefined`: now. */
  room(): Promise<void> | undefined {
    return this.#conversation.room();
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
    let answers: Promise<boolean | undefined>;
    try {
      if (this.#isOver()) throw this.#gone();
      await this.#stop({ restart: true });
      answers = this.#readiness.next(readyMs);
      await this.#launch();
    } finally {
      leave();
    }
    if (await answers) return;
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
    this.#options.kept.expect();
    this.#follow(await KernelRun.start(this.#runOptions()));
    this.#options.kept.answered();
    this.#save();
  }

  #runOptions(): RunOptions {
    const { kept, log } = this.#options;
    return {
      launch: this.#options,
      connection: this.#connection,
      session: this.#session,
      identity: kept.identity,
      earlier: kept.earlier,
      asked: () => this.#conversation.question && (this.#conversation.question.identity ?? kept.earlier[0]),
      onMessage: (message) => this.#conversation.received(message),
      onProblem: (problem) => log.warn({ kernel: this.id, problem }, 'kernel message refused'),
      onFault: (err) => log.error({ kernel: this.id, err }, 'kernel message failed'),
      onFree: () => {
        this.activity.free();
        kept.answered();
      },
      onAnswered: () => this.#options.listener?.answered(),
    };
  }

  #follow(run: KernelRun): void {
    this.#run = run;
    void run.ready.then((ready) => {
      if (!ready || this.#run !== run) return;
      this.#conversation.release(run);
      this.#readiness.settle(true);
    });
    void run.exited.then((how) => this.#recover(run, how));
  }

  /** Writes down what the next server needs. */
  #save(run = this.#run): void {
    if (run === undefined) return;
    const { mark: process, lastHeard } = run;
    const left = this.#ended ? { lastHeard } : {};
    const { question } = this.#conversation;
    this.#options.kept.save({ process, connection: this.#connection, question, ...left }, this.clients);
  }

  async #stop(options: { readonly restart: boolean }): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    await run?.stop(options);
    this.#conversation.forgetRequests();
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
      this.#conversation.forgetRequests();
      const pause = this.#limit.pauseMs(run.isReady, performance.now() - run.startedAt);
      if (pause === undefined) {
        const printed = run.printed();
        await this.#die(`It ended too often (${how})${printed === '' ? '.' : `; it said: ${printed}`}`);
        return;
      }
      this.clients.broadcast(stateNotice(this.#session, 'restarting'));
      this.activity.restarted();
      await sleep(pause);
      // Another program may have taken a port of one that never answered.
      if (!run.isReady) this.#connection = await newConnection(this.#options);
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
    this.clients.broadcast(stateNotice(this.#session, 'dead'));
    await this.#end();
    this.#options.onDead();
  }

  async #end(): Promise<void> {
    this.#ended = true;
    this.#readiness.settle(false);
    this.#conversation.end();
    await removeConnectionFile(this.#connection);
    this.#options.kept.remove();
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
