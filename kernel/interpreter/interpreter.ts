import type { Conversation } from '../loop/conversation.ts';
import type { CellOutcome } from '../loop/events.ts';
import type { CheckReport } from '../protocol/setup.ts';
import type { Worker } from '../sandbox/contract.ts';
import type { WorkspaceFiles } from '../sandbox/files/contract.ts';
import { Turns } from '../turns.ts';
import { parseCell, type Cell, type MagicCall } from './cell.ts';
import { failed, plainError, runCodeCell, runWidget } from './code-cell.ts';
import type { CellRequest, Interpreter, WidgetRequest } from './contract.ts';
import type { Sources } from './editing/contract.ts';
import * as editing from './editing/index.ts';
import { evaluate, notEvaluated } from './expressions.ts';
import { IdleSnapshots } from './idle-snapshots.ts';
import {
  succeeded,
  type Answers,
  type MagicContext,
  type Models,
  type Network,
  type SandboxControl,
  type Sessions,
  type Spending,
} from './magics/contract.ts';
import { magics } from './magics/index.ts';
import { noticesTo, runPromptCell, type OpenLoop } from './prompt-cell.ts';
import type { ReferenceSources } from './references/contract.ts';
import { SessionReferences } from './references/session-references.ts';

export interface InterpreterOptions {
  readonly worker: Worker;
  readonly conversation: Conversation;
  /** The session's loop, made with its provider on first use. Rejects with a ProviderError. */
  readonly loop: OpenLoop;
  readonly systemCheck: (signal: AbortSignal) => Promise<CheckReport>;
  readonly network: Network;
  readonly sandbox: SandboxControl;
  readonly spending: Spending;
  readonly sessions: Sessions;
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
  /** Settles when what has been said so far is saved: a prompt is not answered before. */
  readonly saved: () => Promise<unknown>;
  /** Said in every cell. */
  readonly warnings: readonly string[];
  /** Ends what the session holds besides the worker. */
  readonly close: () => Promise<void>;
}

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
  readonly #turns = new Turns();
  /** What occupies the worker. */
  #running = 0;
  readonly #snapshots: IdleSnapshots;
  readonly #sources: Sources;
  #lastCell = 0;
  readonly #references: SessionReferences;

  constructor(options: InterpreterOptions) {
    this.#options = options;
    this.#sources = { ...options, magics, lastCell: () => this.#lastCell };
    this.#snapshots = new IdleSnapshots(() => options.worker.snapshot());
    this.#references = new SessionReferences(options.references);
    this.#notice = options.notice;
  }

  async execute(request: CellRequest): Promise<CellOutcome> {
    this.#lastCell = Math.max(this.#lastCell, request.executionCount);
    this.#references.history.begin(request);
    const outcome = await this.#run(parseCell(request.code), request);
    if (outcome.status === 'error' || Object.keys(request.userExpressions).length === 0) return outcome;
    const rest = notEvaluated(request, outcome.userExpressions);
    const more = rest && (await this.#alone(request, () => evaluate(this.#options.worker, request, rest)));
    if (more?.status === 'error') return more;
    return { status: 'ok', userExpressions: { ...outcome.userExpressions, ...more?.userExpressions } };
  }

  async deliver(request: WidgetRequest): Promise<void> {
    await this.#snapshots.before();
    const began = performance.now();
    this.#running += 1;
    try {
      await runWidget(this.#options.worker, request);
    } finally {
      this.#running -= 1;
      this.#snapshots.after(performance.now() - began);
    }
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
    await Promise.all([this.#snapshots.end(), this.#options.worker.close(), this.#options.close()]);
  }

  #waitMs(): number {
    return this.#running > 0 ? editingBesideMs : editingMs;
  }

  async #run(cell: Cell, request: CellRequest): Promise<CellOutcome> {
    if (request.silent && (cell.kind === 'prompt' || cell.kind === 'empty')) {
      return this.#runCode(request, '', 'python');
    }
    if (cell.kind !== 'empty') await this.#sayNotices(cell, request);
    switch (cell.kind) {
      case 'empty':
        return succeeded;
      case 'prompt':
        return this.#runPrompt(request, cell.text);
      case 'code':
        return this.#runCode(request, cell.code, 'python');
      case 'help':
        return this.#help(request, cell.topic);
      case 'cell-magic':
        return this.#magic(request, 'cell', cell.call, cell.body);
      case 'line-magics':
        return this.#lineMagics(request, cell.calls, cell.prompt);
    }
  }

  #runCode(request: CellRequest, code: string, language: 'python' | 'bash'): Promise<CellOutcome> {
    const { worker, conversation } = this.#options;
    const told = this.#references.history.telling(conversation, request);
    return this.#alone(request, () => runCodeCell(worker, told, request, code, language));
  }

  /** Code and prompts run one at a time, whatever subshell they come from; magics that do neither run beside them. */
  async #alone(request: CellRequest, action: () => Promise<CellOutcome>): Promise<CellOutcome> {
    const done = await this.#turns.enter(aborted(request.signal));
    if (done === undefined) return failed(request, plainError('KeyboardInterrupt', ''), true);
    await this.#snapshots.before();
    const began = performance.now();
    this.#running += 1;
    try {
      this.#options.worker.beginCell(request.executionCount, request.cell);
      return await action();
    } finally {
      this.#running -= 1;
      this.#snapshots.after(performance.now() - began);
      done();
    }
  }

  async #lineMagics(request: CellRequest, calls: readonly MagicCall[], prompt: string): Promise<CellOutcome> {
    let outcome: CellOutcome = succeeded;
    for (const call of calls) {
      outcome = await this.#magic(request, 'line', call, '');
      if (outcome.status === 'error') return outcome;
    }
    if (prompt === '' || request.silent) return outcome;
    return this.#runPrompt(request, prompt);
  }

  #runPrompt(request: CellRequest, prompt: string): Promise<CellOutcome> {
    const { loop, worker, saved } = this.#options;
    return this.#alone(request, async () => {
      const give = this.#references.giveFor(prompt, request.executionCount);
      const outcome = await runPromptCell(
        loop,
        worker,
        this.#references.history.watching(request),
        prompt,
        give,
      );
      await saved();
      return outcome;
    });
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
    const found = magics.find((magic) => magic.name === topic.replace(/^%+/, ''));
    if (found) {
      const text = editing.aboutMagic(found);
      request.emit({ type: 'page', markdown: `\`${found.usage}\`: ${found.summary}`, text, pager: true });
      return succeeded;
    }
    const { worker } = this.#options;
    const model = await editing.aboutModel(this.#sources, topic);
    const about = topic === '' ? undefined : await worker.inspect(topic, topic.length, 0);
    const text = model ?? about?.['text/plain'];
    if (typeof text !== 'string') return this.#magic(request, 'line', { name: 'help', args: '' }, '');
    request.emit({ type: 'page', markdown: `\`\`\`\n${text}\n\`\`\``, text, pager: true });
    return succeeded;
  }

  #magicContext(request: CellRequest): MagicContext {
    return {
      request,
      runCode: (code, language) => this.#runCode(request, code, language),
      systemCheck: this.#options.systemCheck,
      alone: (action) => this.#alone(request, action),
      runPrompt: (text) => this.#runPrompt(request, text),
      contextUse: async (signal) =>
        (await this.#options.loop(signal, { say: noticesTo(request) })).contextUse(signal),
      network: this.#options.network,
      sandbox: this.#options.sandbox,
      spending: this.#options.spending,
      sessions: this.#options.sessions,
      models: this.#options.models,
      answers: this.#options.answers,
      magics,
    };
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

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

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
