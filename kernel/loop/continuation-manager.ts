import { estimateMessages } from '../economy/estimate.ts';
import type { WorkerOutput } from '../sandbox/contract.ts';
import { beginPrompt } from './begin-prompt.ts';
import { CellRun } from './cell-run.ts';
import { Conversation } from './conversation.ts';
import type { CellSummary, HelperBlock } from './events.ts';
import { runHelper, type HelperRun } from './helper.ts';
import { hintsFor, isMissingKey, missingFile } from './hints.ts';
import { sha256 } from './key.ts';
import type { ContinuationStep, HelperResult, ManagerOptions, ProcessOptions } from './options.ts';
import { ResultCollector } from './results.ts';
import type { TurnTrace } from './stop/contract.ts';
import { firstStop } from './stop/index.ts';
import { systemPrompt } from './system-prompt.ts';
import { ContextWindow, type ContextUse } from './window.ts';

/**
 * The loop of one session: the model answers in turns, a turn's helper block is run and its result given back, until a
 * turn is the final answer or a stop condition holds. One cell at a time.
 */
export class ContinuationManager {
  readonly conversation: Conversation;
  readonly #options: ManagerOptions;
  readonly #now: () => number;
  #window: ContextWindow | undefined;
  #cell: CellRun | undefined;

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.conversation = options.conversation ?? new Conversation(systemPrompt(options.tools));
  }

  /**
   * Runs a prompt cell. Steps come as they are done; finer events go to `emit`, the last of them `stop`. What goes
   * wrong with model, tool or sandbox is a stop with a reason, never thrown. Leaving the iteration interrupts the cell.
   * @returns the cell's summary, after the last step
   */
  async *processWithContinuation(
    prompt: string,
    options: ProcessOptions = {},
  ): AsyncGenerator<ContinuationStep, CellSummary, undefined> {
    if (this.#cell) throw new Error('The loop runs one cell at a time.');
    const cell = new CellRun({
      ...this.#options,
      ...options,
      now: this.#now,
      conversation: this.conversation,
      window: (signal) => this.#contextWindow(signal),
      runBlock: (block, place, signal, onOutput) => {
        const origin = { kind: 'helper', ...place } as const;
        return this.#runBlock(block, signal, onOutput, { origin, onInput: options.onInput });
      },
    });
    this.#cell = cell;
    try {
      yield* cell.steps(prompt);
    } finally {
      cell.end();
      this.#cell = undefined;
    }
    return cell.end();
  }

  /**
   * Checks and runs code as a helper block would, outside of any turn.
   * @throws RepliqueError where the sandbox is not available; RangeError for a language that nothing runs
   */
  async executeHelperBlock(
    code: string,
    language: string,
    options: { readonly signal?: AbortSignal; readonly onOutput?: (output: WorkerOutput) => void } = {},
  ): Promise<HelperResult> {
    const block = { lang: language, code, hash: sha256(code) };
    const signal = options.signal ?? new AbortController().signal;
    return this.#runBlock(block, signal, options.onOutput ?? (() => undefined));
  }

  /** Whether the loop goes on after this turn, the running cell's turn number `iteration` (from 1). */
  shouldContinue(response: TurnTrace, iteration: number): boolean {
    const turns = [...(this.#cell?.turns.slice(0, iteration - 1) ?? []), response];
    return firstStop({ turns, iteration, maxTurns: this.#options.maxTurns }) === undefined;
  }

  /** What the next call would send, part by part. @throws ProviderError where the model can't be asked */
  async contextUse(signal: AbortSignal): Promise<ContextUse> {
    return (await this.#contextWindow(signal)).use(this.conversation);
  }

  /**
   * What the first call for a prompt would read and may write at most, in tokens. Nothing is asked or kept.
   * @throws ProviderError where the model can't be asked
   */
  async estimate(
    prompt: string,
    { signal = new AbortController().signal, give }: Pick<ProcessOptions, 'signal' | 'give'>,
  ): Promise<{ readonly inputTokens: number; readonly maxTokens: number }> {
    const window = await this.#contextWindow(signal);
    const conversation = this.conversation.fork();
    const options = { ...this.#options, conversation, ...(give && { give }) };
    await beginPrompt(prompt, options, window.givenRoom, signal, () => undefined);
    return { inputTokens: estimateMessages(conversation.messages()), maxTokens: window.maxTokens };
  }

  async #runBlock(
    block: HelperBlock,
    signal: AbortSignal,
    onOutput: (output: WorkerOutput) => void,
    { onInput, origin }: Pick<HelperRun, 'onInput' | 'origin'> = {},
  ): Promise<HelperResult> {
    const tool = this.#options.tools.get(block.lang);
    if (!tool) throw new RangeError(`No tool runs "${block.lang}".`);
    const collector = new ResultCollector();
    const result = await runHelper({
      tool,
      code: block.code,
      timeoutMs: Math.min(block.timeoutMs ?? Infinity, this.#options.helperTimeoutMs),
      signal,
      now: this.#now,
      onInput,
      origin,
      onOutput: (output) => {
        collector.add(output);
        onOutput(output);
      },
      around: this.#options.around,
    });
    const limit = this.#window?.resultChars ?? 4000;
    const hints = hintsFor(result, {
      found: await this.#find(missingFile(result)),
      memory: isMissingKey(result) ? await this.#options.memoryListing?.().catch(() => undefined) : undefined,
    });
    const forModel = collector.finish(result, limit, hints, this.#options.keepResult);
    return { block, result, forModel, images: this.#window?.sees === true ? collector.images : [] };
  }

  async #find(name: string | undefined): Promise<readonly string[]> {
    if (name === undefined) return [];
    return (await this.#options.filesNamed?.(name).catch(() => [])) ?? [];
  }

  /** The model is asked for before each cell: a fallback may have told its own for one that was down. */
  async #contextWindow(signal: AbortSignal): Promise<ContextWindow> {
    const { provider, model, params } = this.#options;
    try {
      const info = await provider.modelInfo(model, signal);
      if (this.#window?.isFor(info) !== true) this.#window = new ContextWindow(info, params.maxTokens);
    } catch (error) {
      if (this.#window === undefined || signal.aborted) throw error;
    }
    return this.#window;
  }
}
