import type { OpenAttempts } from '../loop/attempts.ts';
import type { Conversation } from '../loop/conversation.ts';
import type { CellOutcome } from '../loop/events.ts';
import type { CheckReport } from '../protocol/setup.ts';
import type { Worker } from '../sandbox/contract.ts';
import type { WorkspaceFiles } from '../sandbox/files/contract.ts';
import type { TimelineControl } from '../timeline/contract.ts';
import { createControl } from '../timeline/control.ts';
import type { Timeline } from '../timeline/timeline.ts';
import { showAbout } from './about.ts';
import { parseCell, type Cell, type MagicCall } from './cell.ts';
import { failed, plainError } from './code-cell.ts';
import type { CellRequest, Interpreter, WidgetRequest } from './contract.ts';
import type { Sources } from './editing/contract.ts';
import * as editing from './editing/index.ts';
import { evaluate, notEvaluated } from './expressions.ts';
import {
  succeeded,
  type Answers,
  type MagicContext,
  type Models,
  type Network,
  type SandboxControl,
  type Sessions,
  type Spending,
  type TapeControl,
} from './magics/contract.ts';
import { magics } from './magics/index.ts';
import { noticesTo, type OpenLoop } from './prompt-cell.ts';
import type { ReferenceSources } from './references/contract.ts';
import { SessionReferences } from './references/session-references.ts';
import { CellRunner } from './runner.ts';

export interface InterpreterOptions {
  readonly worker: Worker;
  readonly conversation: Conversation;
  readonly timeline: Timeline;
  /** The session's loop, made with its provider on first use. Rejects with a ProviderError. */
  readonly loop: OpenLoop;
  readonly openAttempts: OpenAttempts;
  readonly systemCheck: (signal: AbortSignal) => Promise<CheckReport>;
  readonly network: Network;
  readonly sandbox: SandboxControl;
  readonly spending: Spending;
  readonly sessions: Sessions;
  readonly tape: TapeControl;
  readonly models: Models;
  readonly answers: Answers;
  readonly files: WorkspaceFiles;
  /** Text from the worker or a file, as it may be shown. */
  readonly clean: (text: string) => string;
  /** Where what prompts point at is found. */
  readonly references: ReferenceSources;
  /** Said once, in the first cell. */
  readonly notice?: string;
  /** What is to be settled before a cell, one that may run code or another: earlier sessions, the notebook's profile. Says what to tell. */
  readonly settle: (runsCode: boolean, request: CellRequest) => Promise<readonly string[]>;
  /** Settles when what has been said and done so far is saved: a prompt is not answered before. */
  readonly saved: () => Promise<unknown>;
  /** Said in every cell. */
  readonly warnings: readonly string[];
  /** Ends what the session holds besides the worker. */
  readonly close: () => Promise<void>;
}

const takesPrompt = ({ name, args }: MagicCall): boolean =>
  magics.some((magic) => magic.name === name && magic.takesPrompt?.(args));

/** JupyterLab waits no longer for what it completes; while a cell runs, an answer that is not there soon is none. */
const editingMs = 1000;
const editingBesideMs = 300;

/** Makes the interpreter of one session: prompts go to the loop, code to the worker, magics to their files. */
export function createInterpreter(options: InterpreterOptions): Interpreter {
  return new SessionInterpreter(options);
}

class SessionInterpreter implements Interpreter {
  readonly #options: InterpreterOptions;
  #notice: string | undefined;
  readonly #runner: CellRunner;
  readonly #control: TimelineControl;
  readonly #sources: Sources;
  #lastCell = 0;
  readonly #references: SessionReferences;

  constructor(options: InterpreterOptions) {
    this.#options = options;
    this.#references = new SessionReferences(options.references);
    this.#runner = new CellRunner({
      ...options,
      references: this.#references,
      isPlayed: () => ['replay', 'verify'].includes(options.tape.running),
    });
    this.#control = createControl(
      options.timeline,
      options.worker,
      (signal, action) => this.#runner.alone(signal, action),
      options.saved,
    );
    this.#sources = { ...options, timeline: this.#control, magics, lastCell: () => this.#lastCell };
    this.#notice = options.notice;
  }

  async execute(request: CellRequest): Promise<CellOutcome> {
    this.#lastCell = Math.max(this.#lastCell, request.executionCount);
    this.#references.history.begin(request);
    if (request.deletedCells !== undefined) await this.#forget(request, request.deletedCells);
    const outcome = await this.#run(parseCell(request.code), request);
    if (outcome.status === 'error' || Object.keys(request.userExpressions).length === 0) return outcome;
    const rest = notEvaluated(request, outcome.userExpressions);
    const more =
      rest && (await this.#runner.alone(request.signal, () => evaluate(this.#options.worker, request, rest)));
    if (more?.status === 'error') return more;
    return { status: 'ok', userExpressions: { ...outcome.userExpressions, ...more?.userExpressions } };
  }

  deliver(request: WidgetRequest): Promise<void> {
    return this.#runner.deliver(request);
  }

  isComplete(code: string): ReturnType<Interpreter['isComplete']> {
    return editing.isComplete(this.#sources, code);
  }

  complete(code: string, cursorPos: number): ReturnType<Interpreter['complete']> {
    return editing.complete(this.#sources, code, cursorPos, this.#waitMs());
  }

  inspect(code: string, cursorPos: number, detailLevel: 0 | 1): ReturnType<Interpreter['inspect']> {
    return editing.inspect(this.#sources, code, cursorPos, detailLevel, this.#waitMs());
  }

  async close(): Promise<void> {
    await Promise.all([this.#runner.end(), this.#options.worker.close(), this.#options.close()]);
  }

  #waitMs(): number {
    return this.#runner.isBusy ? editingBesideMs : editingMs;
  }

  async #run(cell: Cell, request: CellRequest): Promise<CellOutcome> {
    if (request.silent && (cell.kind === 'prompt' || cell.kind === 'empty')) {
      return this.#runner.code(request, '', 'python');
    }
    if (cell.kind !== 'empty') await this.#sayNotices(cell, request);
    switch (cell.kind) {
      case 'empty':
        return succeeded;
      case 'prompt':
        return this.#runner.prompt(request, cell.text);
      case 'code':
        return this.#runner.code(request, cell.code, 'python');
      case 'help':
        return this.#help(request, cell.topic);
      case 'cell-magic':
        return this.#magic(request, 'cell', cell.call, cell.body);
      case 'line-magics':
        return this.#lineMagics(request, cell.calls, cell.prompt);
    }
  }

  async #lineMagics(request: CellRequest, calls: readonly MagicCall[], prompt: string): Promise<CellOutcome> {
    let outcome: CellOutcome = succeeded;
    const takers = calls.filter(takesPrompt);
    const [taker, second] = takers;
    if (second !== undefined) {
      const problem = `%${taker?.name ?? ''} and %${second.name} can’t both run the prompt: write one of them.`;
      return failed(request, plainError('TwoPromptMagics', problem), false);
    }
    for (const call of calls) {
      if (call === taker) continue;
      outcome = await this.#magic(request, 'line', call, '');
      if (outcome.status === 'error') return outcome;
    }
    if (taker !== undefined) return this.#magic(request, 'line', taker, prompt);
    if (prompt === '' || request.silent) return outcome;
    return this.#runner.prompt(request, prompt);
  }

  #magic(
    request: CellRequest,
    kind: 'cell' | 'line',
    { name, args }: MagicCall,
    body: string,
  ): Promise<CellOutcome> {
    const magic = magics.find((candidate) => candidate.name === name && candidate.kind === kind);
    if (magic) return magic.run(args, body, this.#magicContext(request));
    const sign = kind === 'cell' ? '%%' : '%';
    const other = magics.find((candidate) => candidate.name === name);
    const hint = other ? `It is written \`${other.usage}\`.` : 'Run `%help` to see the magics.';
    return Promise.resolve(
      failed(request, plainError('UnknownMagic', `There is no magic ${sign}${name}. ${hint}`), false),
    );
  }

  async #help(request: CellRequest, topic: string): Promise<CellOutcome> {
    const shown = await showAbout(request, topic, this.#sources, this.#options.worker);
    return shown ?? this.#magic(request, 'line', { name: 'help', args: '' }, '');
  }

  #magicContext(request: CellRequest): MagicContext {
    return {
      request,
      runCode: (code, language) => this.#runner.code(request, code, language),
      systemCheck: this.#options.systemCheck,
      alone: async (action) =>
        (await this.#runner.alone(request.signal, action)) ??
        failed(request, plainError('KeyboardInterrupt', ''), true),
      runPrompt: (text) => this.#runner.prompt(request, text),
      runAttempts: (text, wanted) => this.#runner.attempts(request, text, wanted),
      contextUse: async (signal) =>
        (await this.#options.loop(signal, { say: noticesTo(request) })).contextUse(signal),
      network: this.#options.network,
      sandbox: this.#options.sandbox,
      spending: this.#options.spending,
      sessions: this.#options.sessions,
      tape: this.#options.tape,
      models: this.#options.models,
      answers: this.#options.answers,
      timeline: this.#control,
      magics,
    };
  }

  async #forget({ signal }: CellRequest, cells: readonly string[]): Promise<void> {
    await this.#runner.alone(signal, () => {
      this.#options.timeline.forget(cells);
      return Promise.resolve();
    });
  }

  async #sayNotices(cell: Cell, request: CellRequest): Promise<void> {
    if (request.silent) return;
    const settled = await this.#options.settle(mayRunCode(cell), request);
    for (const text of [...this.#options.warnings, this.#notice, ...settled]) {
      if (text !== undefined) request.emit({ type: 'notice', text });
    }
    this.#notice = undefined;
  }
}

function mayRunCode(cell: Cell): boolean {
  switch (cell.kind) {
    case 'empty':
    case 'help':
      return false;
    case 'line-magics':
      return cell.prompt !== '';
    case 'prompt':
    case 'code':
    case 'cell-magic':
      return true;
  }
}
