import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError, repliqueError } from '../../../kernel/errors.ts';
import { Turns } from '../../../kernel/turns.ts';
import { Activity } from './activity.ts';
import { Clients } from './clients.ts';
import {
  readConnectionFile,
  removeConnectionFile,
  writeConnectionFile,
  type ConnectionFile,
} from './connection.ts';
import { HeldMessages } from './held.ts';
import type { KernelModel, KernelOptions } from './contract.ts';
import type { KernelRecord } from './keep/records.ts';
import { lostNotice, stateNotice } from './notices.ts';
import { Outbox } from './outbox.ts';
import type { Launch } from './process.ts';
import { RestartLimit } from './restart-limit.ts';
import { KernelRun, type RunOptions } from './run.ts';
import type { Received } from './sockets.ts';
import { readRequest } from './wire/request.ts';
import type { ChannelMessage } from './wire/message.ts';

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
          lost: (count) => lostNotice(this.#session, count),
        }),
      () => this.#save(),
    );
  }

  /** @throws RepliqueError KERNEL_FAILED, NOT_WRITABLE */
  static async start(options: KernelOptions): Promise<Kernel> {
    const kernel = new Kernel(options, await connectionFor(options));
    try {
      await kernel.#launch();
      return kernel;
    } catch (error) {
      await removeConnectionFile(kernel.#connection);
      throw error;
    }
  }

  /**
   * Takes over a kernel that another server has started, which another process may still listen to: `goOn` follows.
   * @throws Error where it has ended, or can't be reached
   */
  static async takeOver(options: KernelOptions, record: KernelRecord): Promise<Kernel> {
    const kernel = new Kernel(options, readConnectionFile(record.connectionFile));
    kernel.#options.kept.restore(kernel.clients);
    kernel.activity.takenOver();
    kernel.#follow(await KernelRun.takeOver(kernel.#runOptions(), record.process));
    return kernel;
  }

  /** Nobody else listens any more: what has happened meanwhile is told. */
  goOn(): void {
    const { kept } = this.#options;
    this.#run?.goOn(kept.missed());
    kept.caughtUp();
    this.#save();
  }

  /** The server is about to end, and the kernel not. */
  hold(): void {
    this.clients.keepAll();
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
    const { channel, header } = readRequest(message);
    if (this.#ended) return;
    this.clients.asked(session, header);
    if (this.#run?.isReady) this.#run.send(channel, message);
    else this.#held.add({ channel, message });
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
   * @throws RepliqueError KERNEL_FAILED
   */
  async restart(): Promise<void> {
    const leave = await this.#turns.enter();
    let ready: Promise<boolean>;
    try {
      if (this.#ended) throw this.#failed('it has been shut down.');
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
    if (!answered) throw this.#failed(this.#reason ?? 'it does not answer.');
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
    this.#follow(await KernelRun.start(this.#runOptions()));
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
      onMessage: (message) => this.#receive(message),
      onProblem: (problem) => log.warn({ kernel: this.id, problem }, 'kernel message refused'),
      onFree: () => {
        this.activity.free();
        kept.answered();
      },
    };
  }

  #follow(run: KernelRun): void {
    this.#run = run;
    void run.ready.then((ready) => {
      if (!ready || this.#run !== run) return;
      this.#held.release(({ channel, message }) => run.send(channel, message));
      this.#settle(true);
    });
    void run.exited.then((how) => this.#recover(run, how));
  }

  /** Writes down what the next server needs. */
  #save(run = this.#run): void {
    if (run === undefined) return;
    const { mark: process, lastHeard } = run;
    const left = this.#ended ? { lastHeard } : {};
    this.#options.kept.save({ process, connectionFile: this.#connection.path, ...left }, this.clients);
  }

  async #stop(options: { readonly restart: boolean }): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    await run?.stop(options);
    this.clients.forgetRequests();
  }

  #receive(message: Received): void {
    if (message.channel === 'iopub') this.activity.note(message);
    this.clients.deliver(message);
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
      this.clients.forgetRequests();
      const pause = this.#limit.pauseMs(run.isReady, performance.now() - run.startedAt);
      if (pause === undefined) {
        const printed = run.printed();
        await this.#die(`It ended too often (${how})${printed === '' ? '.' : `; it said: ${printed}`}`);
        return;
      }
      this.#options.onRestart();
      this.clients.broadcast(stateNotice(this.#session, 'restarting'));
      this.activity.restarted();
      await sleep(pause);
      // Another program may have taken a port of one that never answered.
      if (!run.isReady) this.#connection = await connectionFor(this.#options);
      await this.#launch();
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
    this.#held.clear();
    this.#settle(false);
    this.clients.end();
    await removeConnectionFile(this.#connection);
    this.#options.kept.remove();
  }

  #settle(ready: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(ready);
  }

  #failed(problem: string): Error {
    return repliqueError('KERNEL_FAILED', { kernel: this.name, problem });
  }
}

const connectionFor = ({ kernelId, kernelspec }: Launch): Promise<ConnectionFile> =>
  writeConnectionFile(kernelId, kernelspec.name);
