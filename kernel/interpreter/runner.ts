import type { OpenAttempts } from '../loop/attempts.ts';
import type { CellOutcome } from '../loop/events.ts';
import type { Conversation } from '../loop/conversation.ts';
import type { Worker } from '../sandbox/contract.ts';
import type { CellStart } from '../timeline/contract.ts';
import type { Timeline } from '../timeline/timeline.ts';
import { Turns } from '../turns.ts';
import { failed, plainError, runCodeCell, runWidget } from './code-cell.ts';
import type { CellRequest, WidgetRequest } from './contract.ts';
import { runAttempts, type WantedAttempts } from './attempts/run.ts';
import { IdleKeeper } from './idle-keeper.ts';
import { runPromptCell, type OpenLoop } from './prompt-cell.ts';
import type { SessionReferences } from './references/session-references.ts';
import { startOf, Use } from './use.ts';

export interface RunnerOptions {
  readonly worker: Worker;
  readonly conversation: Conversation;
  readonly timeline: Timeline;
  readonly loop: OpenLoop;
  /** Settles when what has been said so far is saved: a prompt is not answered before. */
  readonly saved: () => Promise<unknown>;
  readonly references: SessionReferences;
  readonly openAttempts: OpenAttempts;
  /** The tape's cells are played, each as it comes: none is gone back to. */
  readonly isPlayed: () => boolean;
}

/** Runs what occupies worker and conversation, one thing at a time, whatever subshell it comes from. */
export class CellRunner {
  readonly #o: RunnerOptions;
  readonly #turns = new Turns();
  readonly #keeper: IdleKeeper;
  /** Cells of which something has run. */
  readonly #begun = new WeakSet<CellRequest>();
  #running = 0;

  constructor(options: RunnerOptions) {
    this.#o = options;
    this.#keeper = new IdleKeeper(() => options.timeline.keep());
    options.worker.ready().then(
      () => {
        if (!this.isBusy) this.#keeper.start();
      },
      () => undefined,
    );
  }

  get isBusy(): boolean {
    return this.#running > 0;
  }

  code(request: CellRequest, code: string, language: 'python' | 'bash'): Promise<CellOutcome> {
    const { worker, conversation, references } = this.#o;
    const told = references.history.telling(conversation, request);
    return this.#cell(request, 'code', (watched) => runCodeCell(worker, told, watched, code, language));
  }

  async prompt(request: CellRequest, prompt: string): Promise<CellOutcome> {
    const { loop, worker, saved, references } = this.#o;
    const outcome = await this.#cell(request, 'prompt', (watched) => {
      const give = references.giveFor(prompt, request.executionCount);
      return runPromptCell(loop, worker, references.history.watching(watched), prompt, give);
    });
    await saved();
    return outcome;
  }

  /** Runs a prompt in several branches that begin where one stands. */
  async attempts(request: CellRequest, prompt: string, wanted: WantedAttempts): Promise<CellOutcome> {
    const outcome = await this.alone(request.signal, () => runAttempts(this.#o, request, prompt, wanted));
    await this.#o.saved();
    return outcome ?? failed(request, plainError('KeyboardInterrupt', ''), true);
  }

  async deliver(request: WidgetRequest): Promise<void> {
    await this.#keeper.before();
    await this.#counted(() => runWidget(this.#o.worker, request));
  }

  /** @returns `undefined` where the signal came before its turn */
  async alone<T>(signal: AbortSignal, action: () => Promise<T>): Promise<T | undefined> {
    const done = await this.#turns.enterUnless(signal);
    if (done === undefined) return undefined;
    try {
      await this.#keeper.before();
      return await this.#counted(action);
    } finally {
      done();
    }
  }

  /** Settles when nothing is kept any more. */
  end(): Promise<void> {
    return this.#keeper.end();
  }

  async #cell(
    request: CellRequest,
    kind: CellStart['kind'],
    action: (watched: CellRequest) => Promise<CellOutcome>,
  ): Promise<CellOutcome> {
    const { timeline, worker } = this.#o;
    const interrupted = (): CellOutcome => failed(request, plainError('KeyboardInterrupt', ''), true);
    const outcome = await this.alone(request.signal, async () => {
      if (!request.storeHistory) {
        worker.beginCell(request.executionCount, request.cell);
        return action(request);
      }
      const start = startOf(request, kind, this.#o.isPlayed());
      if (this.#begun.has(request)) timeline.goOn(start);
      else await timeline.begin(start);
      this.#begun.add(request);
      const used = new Use();
      try {
        worker.beginCell(request.executionCount, request.cell);
        const ended = await action(used.watching(request));
        used.failed = ended.status === 'error';
        return ended;
      } finally {
        timeline.end(used);
      }
    });
    return outcome ?? interrupted();
  }

  async #counted<T>(action: () => Promise<T>): Promise<T> {
    const began = performance.now();
    this.#running += 1;
    try {
      return await action();
    } finally {
      this.#running -= 1;
      this.#keeper.after(performance.now() - began);
    }
  }
}
