import { randomUUID } from 'node:crypto';
import type { Frame, Line } from './channel.ts';
import { OutputOrder, type TextName } from './channel-order.ts';
import type { LimitHit, WorkerOutput } from './contract.ts';
import { outputOf, parseMessage } from './messages.ts';
import type { Pace } from './pace.ts';
import type { DoneMessage, InputRequest, ReplyMessage, RunMessage, WorkerMessage } from './messages.ts';

/** After `done`, how long text that was written before it may still take to arrive. */
const lateTextMs = 250;
const mostBytes = 64 * 1024 * 1024;
const mostOutputs = 100_000;
/** Without a reason each run would cost an exception with its stack. */
const over = 'the run has ended';

/** Why a worker process is no more: it ended (status below zero: by that signal), was ended for what it said, or for a limit. */
export type Death =
  { readonly status: number | null } | { readonly breach: string } | { readonly excess: LimitHit };

interface PeerHooks {
  readonly pace: Pace;
  /** It sent what it may not; the process has to be ended. */
  readonly onBreach: () => void;
  /** Called once, when the process is no more or no longer heard. */
  readonly onEnd: (death: Death) => void;
}

export interface RunHooks {
  readonly onOutput: (output: WorkerOutput) => void;
  /** Answers `undefined` where there is no answer. */
  readonly onInput?: (prompt: string, password: boolean, gone: AbortSignal) => Promise<string | undefined>;
}

export type RunEnd =
  | { readonly kind: 'done'; readonly message: DoneMessage; readonly truncated: boolean }
  | { readonly kind: 'died'; readonly death: Death };

export interface CodeToRun {
  readonly code: string;
  readonly language: string;
  readonly userExpressions: Readonly<Record<string, string>>;
  /** Number of the cell it belongs to; absent: the process counts by itself. */
  readonly cell?: number;
  readonly silent?: boolean;
  readonly unstored?: boolean;
  /** Handed to a widget in place of the code; its buffers in base64. */
  readonly comm?: Readonly<Record<string, unknown>>;
  /** Address of the proxy to the network, where something is allowed. */
  readonly proxy?: string;
  /** Processes that wait in its sandbox, and don't count against what it may start. */
  readonly waiting?: number;
}

interface Run {
  readonly kind: 'run';
  readonly id: string;
  readonly hooks: RunHooks;
  readonly order: OutputOrder<{ readonly message: RunMessage; readonly size: number }>;
  readonly settle: (end: RunEnd) => void;
  muted: boolean;
  bytes: number;
  outputs: number;
  asking: boolean;
  /** Aborted when it has ended: who is asked then need not answer. */
  readonly ended: AbortController;
  ending: NodeJS.Timeout | undefined;
}

interface Question {
  readonly kind: 'question';
  readonly id: string;
  readonly settle: (reply: ReplyMessage | Death) => void;
}

/**
 * The host's side of one active worker process: one request at a time, and only such messages as the running request
 * may bring. Anything else is a breach, told once, after which nothing the process says is heard.
 */
export class WorkerPeer {
  readonly pid: number;
  readonly #line: Line;
  readonly #hooks: PeerHooks;
  #request: Run | Question | undefined;
  #death: Death | undefined;
  readonly #texts: { readonly name: TextName; readonly chunk: Buffer }[] = [];

  constructor(line: Line, pid: number, hooks: PeerHooks) {
    this.pid = pid;
    this.#line = line;
    this.#hooks = hooks;
    line.listen({ onFrame: (frame) => this.#receive(frame), onBreach: (problem) => this.#breach(problem) });
  }

  get death(): Death | undefined {
    return this.#death;
  }

  /** Runs code; settles when it has ended, or the process has. */
  run(code: CodeToRun, hooks: RunHooks): Promise<RunEnd> {
    return new Promise((settle) => {
      if (this.#death !== undefined) {
        settle({ kind: 'died', death: this.#death });
        return;
      }
      const id = randomUUID();
      const token = randomUUID().replaceAll('-', '');
      const order: Run['order'] = new OutputOrder({
        token,
        onText: (name, text) => {
          this.#hooks.pace.count();
          this.#output(run, { kind: 'stream', name, text }, text.length);
        },
        onMessage: ({ message, size }) => this.#deliver(run, message, size),
      });
      const run: Run = {
        ...{ kind: 'run', id, hooks, order, settle, ending: undefined, ended: new AbortController() },
        ...{ muted: false, bytes: 0, outputs: 0, asking: false },
      };
      this.#request = run;
      this.#line.send({ kind: 'execute', id, token, stdin: hooks.onInput !== undefined, ...code });
    });
  }

  /** Asks for something that brings no output. */
  ask(question: Readonly<Record<string, unknown>>): Promise<ReplyMessage | Death> {
    return new Promise((settle) => {
      if (this.#death !== undefined) {
        settle(this.#death);
        return;
      }
      const id = randomUUID();
      this.#request = { kind: 'question', id, settle };
      this.#line.send({ ...question, id });
    });
  }

  /** Names the running request as the one that the signal which follows is meant for. */
  nameInterrupt(): void {
    if (this.#request !== undefined) this.#line.send({ kind: 'interrupt', id: this.#request.id });
  }

  /** Outputs of the running request are no longer wanted. */
  mute(): void {
    if (this.#request?.kind === 'run') this.#request.muted = true;
  }

  /** Text has come. It is taken after messages that were sent before it: the system may tell of them one turn later. */
  text(name: TextName, chunk: Buffer): void {
    this.#texts.push({ name, chunk });
    setImmediate(() => setImmediate(() => this.#takeText()));
  }

  /** The process is no more: what it sent is delivered, then the running request ends. */
  end(death: Death): void {
    if (this.#death !== undefined) return;
    this.#death = death;
    while (this.#texts.length > 0) this.#takeText();
    this.#line.release();
    this.#hooks.onEnd(death);
    const request = this.#request;
    if (request?.kind === 'question') request.settle(death);
    else if (request !== undefined) {
      request.order.flush();
      if (this.#request === request) this.#settle(request, { kind: 'died', death });
    }
    this.#request = undefined;
  }

  #takeText(): void {
    const next = this.#texts.shift();
    if (next !== undefined && this.#request?.kind === 'run') this.#request.order.text(next.name, next.chunk);
  }

  #breach(problem: string): void {
    if (this.#death !== undefined) return;
    this.end({ breach: problem });
    this.#hooks.onBreach();
  }

  #receive(frame: Frame): void {
    const message = parseMessage(frame);
    if (typeof message === 'string') this.#breach(message);
    else if (!this.#accept(message, frame)) this.#breach(`a message of kind ${message.kind} out of turn`);
  }

  #accept(message: WorkerMessage, frame: Frame): boolean {
    const request = this.#request;
    if (message.kind === 'hello' || message.kind === 'stuck') return false;
    if (request?.id !== message.id) return false;
    if (message.kind === 'reply') {
      if (request.kind !== 'question') return false;
      this.#request = undefined;
      request.settle(message);
      return true;
    }
    if (request.kind !== 'run' || request.ending !== undefined) return false;
    const isQuiet = message.quiet === true;
    if (message.kind === 'done' && !isQuiet) this.#awaitText(request);
    if (message.kind === 'input_request') {
      if (request.asking || request.hooks.onInput === undefined) return false;
      request.asking = true;
    }
    const sent = { message, size: frame.size };
    if (isQuiet) request.order.pass(message.order, sent);
    else request.order.message(message.order, sent, frame.size);
    return true;
  }

  /** Text that was sent before the end is on its way, or has not been read, for there was too much. */
  #awaitText(run: Run): void {
    run.ending = setTimeout(() => {
      const { pace } = this.#hooks;
      if (pace.isHolding) {
        pace.lift();
        this.#awaitText(run);
        return;
      }
      // What has come may not have been read: the host may have been busy for longer than that.
      void pace.quiet(0).then(() => {
        if (this.#request === run) run.order.flush();
      });
    }, lateTextMs);
  }

  #deliver(run: Run, message: RunMessage, size: number): void {
    if (message.kind === 'done') this.#settle(run, { kind: 'done', message, truncated: isFull(run) });
    else if (message.kind === 'input_request') void this.#askPerson(run, message);
    else this.#output(run, outputOf(message), size);
  }

  #output(run: Run, output: WorkerOutput, size: number): void {
    run.bytes += size;
    run.outputs += 1;
    if (!run.muted && !isFull(run)) run.hooks.onOutput(output);
  }

  #settle(run: Run, end: RunEnd): void {
    clearTimeout(run.ending);
    run.ended.abort(over);
    if (this.#request === run) this.#request = undefined;
    run.settle(end);
  }

  async #askPerson(run: Run, { prompt, password }: InputRequest): Promise<void> {
    const value = await run.hooks.onInput?.(prompt, password, run.ended.signal).catch(() => undefined);
    run.asking = false;
    if (this.#request !== run) return;
    this.#line.send({ kind: 'input_reply', id: run.id, ...(value === undefined ? {} : { value }) });
  }
}

function isFull(run: Run): boolean {
  return run.bytes > mostBytes || run.outputs > mostOutputs;
}
