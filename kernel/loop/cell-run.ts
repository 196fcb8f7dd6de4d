import { sumUsage } from '../economy/usage.ts';
import { ProviderError } from '../providers/contract.ts';
import type { WorkerOutput } from '../sandbox/contract.ts';
import { beginPrompt } from './begin-prompt.ts';
import type { Conversation } from './conversation.ts';
import type { CellSummary, HelperBlock, LoopEvent, TurnRecord, TurnSummary } from './events.ts';
import { feedbackOn } from './feedback.ts';
import { closingTag } from './grammar.ts';
import { judge, type Asked } from './judge.ts';
import { nextTurn } from './next-turn.ts';
import type { ContinuationStep, HelperResult, ManagerOptions, ProcessOptions } from './options.ts';
import { providerStop, stopWith, toolStop } from './problems.ts';
import type { Stop } from './problems.ts';
import { aborted, untilAborted } from './race.ts';
import { recordOf } from './record.ts';
import { RequestRecorder, tapedImages } from './request-recorder.ts';
import type { TurnTrace } from './stop/contract.ts';
import { firstStop } from './stop/index.ts';
import { timesBefore } from './stop/repetition.ts';
import { streamTurn } from './turn.ts';
import type { TurnOutcome } from './turn.ts';
import type { ContextWindow } from './window.ts';

export interface CellRunOptions extends ManagerOptions, ProcessOptions {
  readonly conversation: Conversation;
  readonly now: () => number;
  readonly window: (signal: AbortSignal) => Promise<ContextWindow>;
  readonly runBlock: (
    block: HelperBlock,
    place: { readonly turn: number; readonly helper: number },
    signal: AbortSignal,
    onOutput: (output: WorkerOutput) => void,
  ) => Promise<HelperResult>;
}

interface Turn {
  readonly record: TurnRecord;
  readonly outcome: TurnOutcome;
  readonly kind: TurnTrace['kind'];
  readonly durationMs: number;
}

/** One prompt cell while it runs: its turns, its events and why it stopped. */
export class CellRun {
  readonly #o: CellRunOptions;
  readonly #emit: (event: LoopEvent) => void;
  readonly #left = new AbortController();
  readonly #signal: AbortSignal;
  readonly #started: number;
  readonly #turns: TurnTrace[] = [];
  readonly #summaries: TurnSummary[] = [];
  readonly #requests: RequestRecorder;
  #asked: Omit<Asked, 'given'> = { prompt: '', hasGiven: false };
  #stop: Stop = stopWith('Interrupted');
  #summary: CellSummary | undefined;

  constructor(options: CellRunOptions) {
    this.#o = options;
    this.#emit = options.emit ?? (() => undefined);
    this.#signal = AbortSignal.any([this.#left.signal, ...(options.signal ? [options.signal] : [])]);
    this.#started = options.now();
    this.#requests = new RequestRecorder(options.conversation);
  }

  get turns(): readonly TurnTrace[] {
    return this.#turns;
  }

  /** The cell's steps; afterwards the reason to stop is known. */
  async *steps(prompt: string): AsyncGenerator<ContinuationStep, void, undefined> {
    this.#stop = yield* this.#run(prompt);
  }

  /** Emits `stop`, once. Where the steps were left before their end, the cell is an interrupted one. */
  end(): CellSummary {
    if (this.#summary) return this.#summary;
    this.#left.abort();
    const { reason, problem } = this.#stop;
    const summary = this.#summarise();
    this.#summary = summary;
    const answer = this.#turns.at(-1)?.record.text.trim() ?? '';
    this.#emit({
      type: 'stop',
      summary,
      conversation: this.#o.conversation.trail.value,
      ...(problem ? { problem } : {}),
      ...(reason === 'final' ? { answer } : {}),
    });
    return summary;
  }

  #summarise(): CellSummary {
    const costs = this.#turns.map(({ record }) => record.cost);
    const known = costs.filter((cost) => cost !== undefined);
    return {
      turns: this.#summaries,
      helpers: this.#summaries.filter(({ helper }) => helper !== undefined).length,
      durationMs: this.#o.now() - this.#started,
      usage: sumUsage(this.#summaries.map(({ usage }) => usage)),
      ...(known.length === costs.length ? { cost: known.reduce((sum, cost) => sum + cost, 0) } : {}),
      stop: this.#stop.reason,
    };
  }

  async *#run(prompt: string): AsyncGenerator<ContinuationStep, Stop, undefined> {
    const { conversation, maxTurns } = this.#o;
    const window = await this.#prepare();
    if ('reason' in window) return window;
    this.#asked = await beginPrompt(prompt, this.#o, window.givenRoom, this.#signal, this.#emit);
    for (let number = 1; ; number += 1) {
      const turn = await this.#turn(number, window);
      if ('reason' in turn) return turn;
      const { record, durationMs } = turn;
      const metadata = { turn: number, record, durationMs };
      yield { type: 'LLM_RESPONSE', content: record.text, toolResults: [], metadata };
      if (this.#isStopped()) return this.#interrupted(turn);
      const helper = record.helper ? await this.#helper(turn, number, record.helper) : undefined;
      if (helper && 'reason' in helper) return helper;
      if (helper) {
        yield { type: 'TOOL_EXECUTION', content: helper.forModel, toolResults: [helper], metadata };
        if (this.#isStopped()) return stopWith('Interrupted');
      }
      const stop = firstStop({ turns: this.#turns, iteration: number, maxTurns });
      if (stop?.reason === 'final') {
        yield { type: 'FINAL_ANSWER', content: record.text.trim(), toolResults: [], metadata };
      }
      if (stop) return stop;
      if (number === maxTurns - 1) conversation.addNote(lastReply);
    }
  }

  #isStopped(): boolean {
    return this.#signal.aborted;
  }

  async #prepare(): Promise<ContextWindow | Stop> {
    try {
      const window = await untilAborted(this.#o.window(this.#signal), this.#signal);
      return window === aborted ? stopWith('Interrupted') : window;
    } catch (error) {
      return this.#isStopped() ? stopWith('Interrupted') : providerStop(error);
    }
  }

  /** One generation, and what it leaves in the conversation. */
  async #turn(number: number, window: ContextWindow): Promise<Turn | Stop> {
    const { conversation, provider, model, params, now, tools } = this.#o;
    const changes = nextTurn(this.#turns, params.temperature, provider.canBegin ?? false);
    const keyed = { ...changes, maxTokens: window.maxTokens, stop: [closingTag] };
    const started = now();
    let opened = false;
    for (let attempt = 1; ; attempt += 1) {
      const room = window.makeRoom(conversation, this.#o.keepResult);
      if (room.compaction !== undefined) this.#emit({ type: 'compaction', ...room.compaction });
      if (!room.fits && !opened) return this.#failed(stopWith('ContextOverflow'));
      const messages = conversation.messages();
      const asked = this.#requests.request(window.givenRoom);
      if (!opened) this.#emit({ type: 'turn-start', turn: number, provider: provider.name, model });
      opened = true;
      const outcome = await streamTurn({
        provider,
        request: { model, messages, ...keyed },
        turn: number,
        languageOf: (lang) => tools.get(lang) && (tools.get(lang)?.getCapabilities().highlight ?? lang),
        signal: this.#signal,
        emit: this.#emit,
      });
      if (attempt === 1 && isOverflow(outcome)) {
        window.tighten();
        continue;
      }
      window.learn(messages, outcome.usage);
      const ended = outcome.stop === 'stop' || outcome.stop === 'length';
      const kind = judge(outcome, this.#turns, {
        ...this.#asked,
        given: () => conversation.given(),
      });
      const source = outcome.source ?? { provider: provider.name, model };
      const record = recordOf({
        ...{ outcome, source, messages },
        params: keyed,
        cost: this.#o.costOf?.(outcome.usage, source),
        final: ended && kind === 'final',
      });
      const turn = { record, outcome, kind, durationMs: now() - started };
      const { answered } = outcome;
      const said = answered === undefined ? {} : { answered };
      this.#emit({
        ...{ type: 'turn-end', turn: number, record, durationMs: turn.durationMs, request: asked },
        ...said,
      });
      this.#summaries.push({
        turn: number,
        model: source.model,
        usage: record.usage,
        durationMs: turn.durationMs,
      });
      this.#turns.push({ record, kind });
      if (outcome.stop === 'aborted') return this.#interrupted(turn);
      if (outcome.stop === 'error') return this.#failed(providerStop(outcome.error));
      this.#answerTurn(turn);
      return turn;
    }
  }

  /** Puts the turn into the conversation, with what we say to it where it has no helper and is no answer. */
  #answerTurn({ outcome, kind }: Turn): void {
    const { conversation, tools, params } = this.#o;
    const { note, notice } = feedbackOn(kind, outcome, tools.names(), params.maxTokens);
    conversation.addResponse(outcome.said);
    this.#requests.answered();
    if (note !== undefined) conversation.addNote(note);
    if (notice !== undefined) this.#notice(notice);
  }

  async #helper(turn: Turn, number: number, block: HelperBlock): Promise<HelperResult | Stop> {
    const helper = this.#summaries.filter((summary) => summary.helper).length + 1;
    this.#emit({ type: 'helper-start', turn: number, helper, block });
    const started = this.#o.now();
    let ran: HelperResult;
    let failure: Stop | undefined;
    try {
      ran = await this.#o.runBlock(block, { turn: number, helper }, this.#signal, (output) => {
        this.#emit({ type: 'helper-output', turn: number, helper, output });
      });
    } catch (error) {
      failure = toolStop(error);
      ran = notRun(block, failure.problem?.sentence ?? '', this.#o.now() - started);
    }
    this.#turns.splice(-1, 1, traceOf(turn, ran));
    const repeated = timesBefore(this.#turns) === 1;
    const forModel = repeated
      ? `${ran.forModel}
${sameAgain}`
      : ran.forModel;
    const images = tapedImages(ran.images);
    this.#emit({ type: 'helper-end', turn: number, helper, block, result: ran.result, forModel, images });
    const { status, durationMs } = ran.result;
    const summary = this.#summaries.pop();
    if (summary) this.#summaries.push({ ...summary, helper: { lang: block.lang, status, durationMs } });
    this.#o.conversation.addResult(forModel, ran.images);
    this.#requests.ran();
    if (failure) return failure;
    return this.#isStopped() ? stopWith('Interrupted') : { ...ran, forModel };
  }

  /** The cell was stopped during or right after this turn: what there is stays in the conversation, well formed. */
  #interrupted({ record, outcome }: Turn): Stop {
    const { conversation } = this.#o;
    if (record.stop !== 'aborted') {
      if (record.helper) conversation.addResult(stoppedResult);
    } else if (record.text.trim() === '') {
      conversation.forgetCell();
    } else {
      const open = outcome.verdict.kind === 'malformed' && outcome.verdict.malformation === 'unclosed';
      conversation.addResponse(open ? `${record.text}\n${closingTag}` : record.text);
      conversation.addNote(open ? stoppedResult : 'I stopped you here.');
    }
    return stopWith('Interrupted');
  }

  #failed(stop: Stop): Stop {
    this.#o.conversation.forgetCell();
    return stop;
  }

  #notice(text: string): void {
    this.#emit({ type: 'notice', text });
  }
}

const lastReply = 'One reply is left: give the final answer now, without a helper block.';
const sameAgain = 'Same code, same result as before: do something else, or give the final answer.';
const stoppedResult = '<result status="interrupted">\n(stopped by the user)\n</result>';

function isOverflow({ stop, error, text }: TurnOutcome): boolean {
  return stop === 'error' && text === '' && error instanceof ProviderError && error.kind === 'overflow';
}

function traceOf({ record, kind }: Turn, { forModel, result }: HelperResult): TurnTrace {
  const { ename = '', evalue = '' } = result.error ?? {};
  return { record, kind, forModel, ...(result.error ? { failure: `${ename}: ${evalue}` } : {}) };
}

function notRun(block: HelperBlock, sentence: string, durationMs: number): HelperResult {
  const error = { ename: 'NotRun', evalue: sentence, traceback: [sentence] };
  const forModel = '<result status="error">\n(it could not be run)\n</result>';
  return { block, result: { status: 'error', error, durationMs }, forModel, images: [] };
}
