import { setTimeout as sleep } from 'node:timers/promises';
import type { ZodType } from 'zod';
import { repliqueError } from '../errors.ts';
import { Turns } from '../turns.ts';
import type { ExecuteOptions, ExecuteOutcome, Worker } from './contract.ts';
import type { SessionWorker } from './session-worker.ts';
import { Clock, SessionTime, settledWithin } from './worker-time.ts';
import { codeOf, hooksOf, outcomeOf } from './worker-run.ts';
import * as words from './worker-words.ts';
import { WarmPool } from './warm-pool.ts';
import { DiskWatch } from './watchdog/disk.ts';
import type { WorkerOptions } from './worker-options.ts';
import type { WorkerProcess } from './worker-process.ts';
import { memoryOf } from './memory-questions.ts';
import { askAside, questionsTo, turnMs, type Ask } from './worker-questions.ts';

/** From an abort to the end of `execute`; 200 ms are promised. */
const settleMs = 150;
const questionMs = 5_000;

/** The worker of one session. A process that has died, or does not stop, is replaced; what was lost with it is said. */
export class RestartingWorker implements SessionWorker {
  readonly #options: WorkerOptions;
  readonly #turns = new Turns();
  readonly #pool: WarmPool;
  readonly #time: SessionTime;
  readonly #who: string;
  #process: Promise<WorkerProcess> | undefined;
  /** The same, once it can execute. */
  #started: WorkerProcess | undefined;
  #starting = new AbortController();
  #notices: string[] = [];
  #cell: number | undefined;
  #closed = false;
  /** Grows with each restart: what was asked before it is not begun after it. */
  #epoch = 0;
  /** How often code has run since the newest snapshot. */
  #unkept = 0;
  /** Runs that have not ended, those that wait for their turn included. */
  #runs = 0;
  readonly #questions = questionsTo((question, schema) => this.#askEither(question, schema));
  readonly #memory = memoryOf(
    (question, schema) => this.#alone((process) => this.#ask(process, question, schema)),
    () => this.#process !== undefined,
  );
  readonly variables = this.#memory.variables;
  readonly look = this.#memory.look;
  readonly complete = this.#questions.complete;
  readonly inspect = this.#questions.inspect;
  readonly names: Worker['names'] = this.#questions.names;
  readonly glance = this.#questions.glance;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#time = options.sessionTime ?? new SessionTime(Infinity);
    this.#who = options.kernel?.name ?? 'Python';
    const { disk = new DiskWatch(options.workspace) } = options;
    this.#pool = new WarmPool({ ...options, disk }, options.warmWorkers);
  }

  async ready(): Promise<void> {
    const wasClosed = this.#closed;
    await this.#start().catch((error: unknown) => {
      if (wasClosed || !this.#closed) throw error;
    });
  }

  beginCell(executionCount: number): void {
    this.#cell = executionCount;
  }

  async execute(options: ExecuteOptions): Promise<ExecuteOutcome> {
    const began = performance.now();
    const clock = new Clock(options.signal);
    this.#runs += 1;
    try {
      const outcome = await this.#execute(options, clock);
      return { ...outcome, durationMs: performance.now() - began };
    } finally {
      this.#runs -= 1;
      clock.stop();
    }
  }

  async isComplete(code: string): ReturnType<Worker['isComplete']> {
    return (await (await this.#start()).checker.isComplete(code)) ?? { status: 'invalid' };
  }

  async check(code: string, language: 'python' | 'bash'): Promise<string | undefined> {
    return (await this.#start()).checker.check(code, language);
  }

  async firstProcess(): Promise<number | undefined> {
    return (await this.#process)?.firstPid;
  }

  snapshot(): Promise<string> {
    return this.#alone(async (process) => {
      const id = await process.snapshot();
      this.#unkept = 0;
      return id;
    });
  }

  has(id: string): boolean {
    return this.#started?.has(id) ?? false;
  }

  limitsOf(id: string): readonly string[] {
    return this.#started?.limitsOf(id) ?? [];
  }

  resume(id: string): Promise<void> {
    return this.#alone(async (process) => {
      try {
        await this.#resume(process, id);
      } catch (error) {
        if (process.peer.death !== undefined) await this.#restore(process);
        throw error;
      }
    });
  }

  drop(id: string): Promise<void> {
    return this.#alone((process) => process.drop(id));
  }

  async restart(): Promise<void> {
    this.#epoch += 1;
    await this.#discard();
    const done = await this.#turns.enter();
    try {
      await this.#discard();
      this.#notices = [];
      await this.#start();
    } finally {
      done();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#epoch += 1;
    await Promise.all([this.#discard(), this.#pool.close()]);
  }

  async #execute(options: ExecuteOptions, clock: Clock): Promise<Omit<ExecuteOutcome, 'durationMs'>> {
    const epoch = this.#epoch;
    const done = await this.#turns.enter(clock.stopped);
    if (done === undefined) return { status: 'interrupted' };
    if (epoch !== this.#epoch) {
      done();
      return { status: 'died', notice: words.neverBegun };
    }
    let recovery: Promise<void> | undefined;
    try {
      const process = await Promise.race([this.#running(), clock.stopped]);
      if (typeof process === 'string') return { status: process };
      const { leftMs, allowedMs } = this.#time;
      if (leftMs <= 0) return { status: 'limit', notice: words.sessionOver(allowedMs) };
      const notices = this.#notices.splice(0);
      this.#unkept += 1;
      clock.limit(Math.min(options.timeoutMs, leftMs));
      const began = performance.now();
      const proxy = await process.proxy();
      const run = process.run(codeOf(options, this.#cell, proxy), hooksOf(options, clock));
      const first = await Promise.race([run, clock.stopped]);
      if (typeof first === 'string') process.interrupt();
      const end = typeof first === 'string' ? await settledWithin(run, settleMs) : first;
      if (end === undefined) {
        process.peer.mute();
        recovery = this.#recover(process, run);
      }
      this.#time.spend(performance.now() - began);
      const isSessionOver = clock.reason === 'timeout' && leftMs < options.timeoutMs;
      if (isSessionOver) notices.push(words.sessionOver(allowedMs));
      else if (clock.reason === 'timeout') notices.push(words.timeoutNotice(options.timeoutMs));
      notices.push(...(this.#options.network?.takeNotices() ?? []));
      if (end?.kind === 'done') notices.push(...process.complaints(end.message));
      const memory = this.#memoryOf(process);
      const outcome = outcomeOf(end, clock.reason, { memory, who: this.#who }, notices);
      if (end?.kind === 'died') recovery = this.#restore(process);
      return isSessionOver ? { ...outcome, status: 'limit' } : outcome;
    } finally {
      if (recovery === undefined) done();
      else void recovery.finally(done);
    }
  }

  /** Asks the session's process, or a copy of its newest snapshot where it is not free. */
  readonly #askEither: Ask = async (question, schema) => {
    const done =
      this.#runs > 0 ? undefined : await this.#turns.enter(sleep(turnMs, undefined, { ref: false }));
    if (done === undefined) return askAside(this.#process, question, schema);
    try {
      return await this.#ask(await this.#running(), question, schema);
    } finally {
      done();
    }
  };

  /** `undefined` when there is no answer in time. Called by whoever has the turn. */
  async #ask<T>(process: WorkerProcess, question: object, schema: ZodType<T>): Promise<T | undefined> {
    const asked = process.peer.ask({ ...question });
    const reply = await settledWithin(asked, questionMs);
    if (reply === undefined) {
      process.interrupt();
      await this.#recover(process, asked);
      return undefined;
    }
    return schema.safeParse(reply).data;
  }

  async #alone<T>(action: (process: WorkerProcess) => Promise<T> | T): Promise<T> {
    const done = await this.#turns.enter();
    try {
      return await action(await this.#running());
    } finally {
      done();
    }
  }

  /** The live process; one that has died in the meantime is replaced. Called by whoever has the turn. */
  async #running(): Promise<WorkerProcess> {
    const process = await this.#start();
    await process.fit();
    const { death } = process.peer;
    if (death === undefined) return process;
    this.#notices.push(words.describeDeath(death, this.#memoryOf(process), this.#who).notice);
    await this.#restore(process);
    return this.#start();
  }

  #start(): Promise<WorkerProcess> {
    if (this.#closed) return Promise.reject(repliqueError('WORKER_FAILED', { problem: 'it was closed' }));
    if (this.#process !== undefined) return this.#process;
    this.#starting = new AbortController();
    const starting = this.#pool.take(this.#starting.signal);
    this.#process = starting;
    starting.then(
      (process) => {
        if (this.#process === starting) this.#started = process;
      },
      () => {
        if (this.#process === starting) this.#process = undefined;
      },
    );
    return starting;
  }

  /** Waits for an interrupted process; replaces it if it stays busy. */
  async #recover(process: WorkerProcess, request: Promise<unknown>): Promise<void> {
    const { busyGraceMs } = this.#options;
    const ended = await settledWithin(request, busyGraceMs);
    const { death } = process.peer;
    if (ended !== undefined && death === undefined) return;
    const memory = this.#memoryOf(process);
    this.#notices.push(
      death === undefined
        ? words.replacedNotice(busyGraceMs, memory, this.#who)
        : words.describeDeath(death, memory, this.#who).notice,
    );
    await this.#restore(process);
  }

  /** Goes back to the newest snapshot, or else to a fresh process. Never rejects: the next request meets the problem. */
  async #restore(process: WorkerProcess): Promise<void> {
    const id = process.newestSnapshot;
    this.#unkept = 0;
    try {
      if (id !== undefined) {
        await this.#resume(process, id);
        this.#options.onReplaced?.(id);
        return;
      }
    } catch {
      this.#notices.push(words.copyLost);
    }
    await this.#discard();
    if (this.#closed) return;
    this.#options.onReplaced?.(undefined);
    await this.#start().catch(() => undefined);
  }

  async #resume(process: WorkerProcess, id: string): Promise<void> {
    const { lostThreads } = await process.resume(id);
    if (lostThreads > 0) this.#notices.push(words.threadsLost(lostThreads));
  }

  async #discard(): Promise<void> {
    const process = this.#process;
    this.#process = this.#started = undefined;
    this.#starting.abort();
    await (await process?.catch(() => undefined))?.close();
  }

  #memoryOf(process: WorkerProcess): string {
    return process.newestSnapshot === undefined ? words.memoryLost : words.memoryRestored(this.#unkept);
  }
}
