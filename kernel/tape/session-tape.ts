import { AsyncLocalStorage } from 'node:async_hooks';
import { RepliqueError } from '../errors.ts';
import { parseCell } from '../interpreter/cell.ts';
import type { CellRequest, Interpreter } from '../interpreter/contract.ts';
import type { OpenedAttempts, Seat } from '../loop/attempts.ts';
import type { ContinuationManager } from '../loop/continuation-manager.ts';
import type { Conversation } from '../loop/conversation.ts';
import type { CellEvent, CellOutcome, Divergence } from '../loop/events.ts';
import type { ToolRegistry } from '../loop/options.ts';
import type { EmitterFactory } from '../output/contract.ts';
import type { WorkerError } from '../sandbox/contract.ts';
import type { SessionWorker } from '../sandbox/session-worker.ts';
import { diverged, withoutTape } from './cell-events.ts';
import { tapeModes, type TapeMode } from './contract.ts';
import { modeOfCell, modeOfSession } from './mode.ts';
import type { Player } from './player.ts';
import { differencesOfRequest, type Asking } from './requests.ts';
import { Rerun } from './rerun.ts';
import type { TapeSource } from './source.ts';
import { Trail } from '../loop/trail.ts';
import type { FoundCode, TapeCell } from './tape.ts';
import { tapedWorker, type PlayedCell } from './taped-worker.ts';

export interface SessionTapeOptions {
  /** As configured. */
  readonly mode: TapeMode;
  readonly source: TapeSource;
  readonly conversation: Conversation;
  readonly tools: ToolRegistry;
  /** How outputs of code that is run again are made. Called when something is. */
  readonly createEmitter: EmitterFactory;
  readonly helperTimeoutMs: number;
  readonly asking: Asking;
}

/** What is an attempt's own when it is played. */
interface OwnPlay {
  readonly attempt: number;
  readonly conversation: Conversation;
  readonly within: Seat['within'];
  readonly asking: Asking;
}

type Loop = Pick<ContinuationManager, 'processWithContinuation' | 'contextUse'>;

/** What is known of the cell that runs: whatever is called on its behalf finds it. */
interface RunningCell extends PlayedCell {
  /** Where the conversation goes on after it, where it is another cell than on the tape. */
  goesOn?: string;
}

/** Records, replays and verifies the cells of one session. It stands around interpreter, loop and worker. */
export class SessionTape {
  readonly #o: SessionTapeOptions;
  readonly #running = new AsyncLocalStorage<RunningCell>();
  readonly #rerun: Rerun;
  /** Cells of code that were played already: the same code again is the next one. */
  readonly #used = new Set<TapeCell>();
  #last: TapeCell | undefined;
  #chosen: TapeMode | undefined;

  constructor(options: SessionTapeOptions) {
    this.#o = options;
    this.#rerun = new Rerun(options);
  }

  /** What holds for cells that say nothing themselves. */
  get mode(): TapeMode {
    return modeOfSession(this.#o.mode, this.#chosen, this.#o.source.settings()?.mode);
  }

  /** How the cell that runs is played; outside of a cell, how the session is. */
  get running(): TapeMode {
    return this.#running.getStore()?.mode ?? this.mode;
  }

  readonly modes = tapeModes;

  /**
   * Sets what holds from here on.
   * @returns what is wrong where it can't be set
   */
  choose(name: string): string | undefined {
    const fixed = this.#o.mode;
    const mode = tapeModes.find((each) => each === name);
    if (mode === undefined) return `There is no mode ${name}. Write one of ${tapeModes.join(', ')}.`;
    if ((fixed === 'replay' || fixed === 'verify') && mode !== fixed) {
      return `This session was started with REPLIQUE_TAPE_MODE=${fixed}, and stays so: start another kernel without it.`;
    }
    this.#chosen = mode;
    this.#o.source.forget();
    this.#used.clear();
    this.#last = undefined;
    return undefined;
  }

  /** What the tape holds. @throws RepliqueError TAPE_MISSING, TAPE_UNUSABLE */
  contents(): {
    readonly file: string;
    readonly prompts: number;
    readonly turns: number;
    readonly code: number;
    readonly problems: readonly string[];
  } {
    const { notebook, cells } = this.#o.source.tape();
    const recordings = cells.flatMap(({ recording }) => (recording ? [recording] : []));
    return {
      file: notebook.file,
      prompts: recordings.length,
      turns: recordings.reduce((sum, { turns }) => sum + turns.length, 0),
      code: cells.filter(({ code }) => code !== undefined).length,
      problems: [
        ...notebook.problems,
        ...recordings.flatMap(({ problems }) => problems.map(({ what }) => what)),
      ],
    };
  }

  /** An interpreter whose cells are played from the tape where they are to be, and which says what diverged. */
  wrap(interpreter: Interpreter): Interpreter {
    return {
      execute: (request) => this.#execute(interpreter, request),
      deliver: (request) => interpreter.deliver(request),
      isComplete: (code) => interpreter.isComplete(code),
      complete: (code, cursorPos) => interpreter.complete(code, cursorPos),
      inspect: (code, cursorPos, detailLevel) => interpreter.inspect(code, cursorPos, detailLevel),
      close: () => interpreter.close(),
    };
  }

  /** A worker that does not start for what is replayed. */
  wrapWorker(worker: SessionWorker): SessionWorker {
    return tapedWorker(worker, {
      mode: () => this.running,
      cell: () => this.#running.getStore(),
      rerun: this.#rerun,
      find: (language, code, id) => this.#findCode(language, code, id),
    });
  }

  /** The loop for the cell that runs: its recording, where it is replayed, or else what `open` makes. */
  async loop(open: () => Promise<Loop>): Promise<Loop> {
    const cell = this.#running.getStore();
    if (cell === undefined || !isPlayed(cell.mode)) return open();
    const player = await this.#player(cell);
    return {
      processWithContinuation: (prompt, options) => player.processWithContinuation(prompt, options),
      contextUse: async (signal) => (await open()).contextUse(signal),
    };
  }

  /** The loops for attempts at a prompt in the cell that runs: their recordings, or else what `open` makes. */
  async attempts(
    seats: readonly Seat[],
    prompt: string,
    open: () => Promise<OpenedAttempts>,
  ): Promise<OpenedAttempts> {
    const cell = this.#running.getStore();
    if (cell === undefined || !isPlayed(cell.mode)) return open();
    const { conversation, source, asking } = this.#o;
    const match = source.tape().prompt(prompt, conversation.trail.value, cell.id, 0);
    const recorded = match?.cell.attempts ?? [];
    const players = seats.map((seat, attempt) =>
      this.#player(cell, {
        attempt,
        conversation: seat.conversation,
        within: seat.within,
        asking: {
          ...asking,
          ...(seat.model && { model: seat.model.model, others: [] }),
          temperature: Math.max(asking.temperature, seat.leastTemperature ?? 0),
        },
      }),
    );
    const attempts = (await Promise.all(players)).map((loop, attempt) => ({
      loop,
      what: recorded[attempt]?.what ?? 'not on the tape',
    }));
    return { attempts, estimate: recorded[0]?.estimate, close: () => Promise.resolve() };
  }

  async #player(cell: RunningCell, own: Partial<OwnPlay> = {}): Promise<Player> {
    const { Player } = await import('./player.ts');
    const { tools, source } = this.#o;
    const { conversation = this.#o.conversation, asking = this.#o.asking } = own;
    const common = {
      conversation,
      languageOf: (lang: string): string | undefined =>
        tools.get(lang) && (tools.get(lang)?.getCapabilities().highlight ?? lang),
      find: (prompt: string) => {
        const found = source.tape().prompt(prompt, conversation.trail.value, cell.id, own.attempt);
        this.#last = found?.cell ?? this.#last;
        return found;
      },
      missing: `This prompt is not on the tape, ${source.file ?? ''}: run it with \`%tape record\` first.`,
    };
    if (cell.mode === 'replay') return new Player(common);
    return new Player({
      ...common,
      checkRequest: (recording, options) => differencesOfRequest(recording, asking, options),
      checkHelper: async (place, block, items, options) => {
        const found = await this.#rerun.helper(block, place, { ...options, around: own.within });
        if (options.signal?.aborted === true) return [];
        const { differences } = await import('./compare/outputs.ts');
        const recorded = items.flatMap((item) => (item.kind === 'output' ? [item.output] : []));
        return differences(recorded, found, { now: Date.now(), isRandom: cell.isRandom });
      },
    });
  }

  async #execute(interpreter: Interpreter, request: CellRequest): Promise<CellOutcome> {
    const cell = this.#cellOf(request);
    const emit = cell.mode === 'live' ? withoutTape(request.emit) : request.emit;
    const divergences: Divergence[] = [];
    const watched = (event: CellEvent): void => {
      if (event.type === 'divergence') divergences.push(event);
      emit(event);
    };
    // Node follows each promise from the first `run` on, which costs a third of a short cell.
    if (cell.mode === 'record' && this.mode === 'record') return interpreter.execute(request);
    if (!isPlayed(cell.mode)) {
      return this.#running.run(cell, () => interpreter.execute({ ...request, emit }));
    }
    const problem = this.#problemOf(request);
    if (problem !== undefined) {
      emit({ type: 'output', output: { kind: 'error', error: problem } });
      return { status: 'error', error: problem, interrupted: false };
    }
    const playing: RunningCell = { ...cell, emit: watched };
    const outcome = await this.#running.run(playing, () =>
      interpreter.execute({ ...request, emit: watched }),
    );
    if (playing.goesOn !== undefined) this.#o.conversation.trail.follow(playing.goesOn);
    if (divergences.length === 0) return outcome;
    return { status: 'error', error: diverged(divergences), interrupted: false };
  }

  #cellOf({ code, cell, emit }: CellRequest): RunningCell {
    const { mode, source } = this.#o;
    const id = cell?.startsWith('notebook:') === true ? cell.slice('notebook:'.length) : undefined;
    const settings = source.settings();
    const own = settings?.cells.find((one) => id !== undefined && one.id === id);
    const same = settings?.cells.filter((one) => one.source.trim() === code.trim()) ?? [];
    const found = own ?? (same.length === 1 ? same[0] : undefined);
    return {
      ...{ id, emit, mode: modeOfCell(mode, this.mode, found?.mode) },
      isRandom: found?.isRandom ?? false,
    };
  }

  /** Why the tape can't be used for this cell, where it needs it. */
  #problemOf({ code, silent }: CellRequest): WorkerError | undefined {
    const cell = parseCell(code);
    const isMagic = cell.kind === 'help' || (cell.kind === 'line-magics' && cell.prompt === '');
    if (silent || cell.kind === 'empty' || isMagic) return undefined;
    try {
      this.#o.source.tape();
      return undefined;
    } catch (error) {
      if (!(error instanceof RepliqueError)) throw error;
      const { message, remedy } = error;
      const traceback = [`TapeUnusable: ${message}`, `→ ${remedy}`];
      return { ename: 'TapeUnusable', evalue: `${message} ${remedy}`, traceback };
    }
  }

  #findCode(language: string, code: string, id: string | undefined): FoundCode {
    const found = this.#o.source.tape().code({ language, code }, id, this.#used, this.#last);
    if (found.same) {
      this.#used.add(found.same);
      this.#last = found.same;
      return found;
    }
    const trail = new Trail(this.#o.conversation.trail.value);
    if (found.edited) trail.code(found.edited.language, found.edited.code);
    const cell = this.#running.getStore();
    if (cell) cell.goesOn = trail.value;
    return found;
  }
}

const isPlayed = (mode: TapeMode): boolean => mode === 'replay' || mode === 'verify';
