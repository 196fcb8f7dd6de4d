import type { Conversation } from '../loop/conversation.ts';
import type { CellSummary, Divergence, HelperBlock, LoopEvent, TurnRecord } from '../loop/events.ts';
import { imageOf } from '../loop/images.ts';
import { sha256 } from '../loop/key.ts';
import type { ContinuationStep, ProcessOptions } from '../loop/options.ts';
import { ResultCollector } from '../loop/results.ts';
import { TurnText } from '../loop/turn-text.ts';
import type { ChatImage } from '../providers/contract.ts';
import type { ToolResult } from '../tools/contract.ts';
import { asSent, failureIn } from './outputs.ts';
import { requestOf, wordsOf, type Item, type RecordedTurn, type Recording } from './recording.ts';
import type { Match } from './tape.ts';

type Emit = (event: LoopEvent) => void;

export interface PlayerOptions {
  readonly conversation: Conversation;
  /** What editors call a language that a helper may name; `undefined`: it may not. */
  readonly languageOf: (lang: string) => string | undefined;
  /** What the tape has for a prompt. */
  readonly find: (prompt: string) => Match | undefined;
  /** What is to be said where it has nothing. */
  readonly missing: string;
  /** Before the first turn: what the prompt points at is not as it was, or another is asked. Absent: it is not looked at. */
  readonly checkRequest?: (recording: Recording, options: ProcessOptions) => Promise<readonly Divergence[]>;
  /** Runs a helper again and compares. Absent: it is not run. */
  readonly checkHelper?: (
    place: { readonly turn: number; readonly helper: number },
    block: HelperBlock,
    items: readonly Item[],
    options: ProcessOptions,
  ) => Promise<readonly Divergence[]>;
}

/** Plays a recorded prompt cell: what the loop emitted is emitted again, and the conversation goes on from there. */
export class Player {
  readonly #o: PlayerOptions;

  constructor(options: PlayerOptions) {
    this.#o = options;
  }

  /**
   * Plays the cell of this prompt. What the tape does not have, or has otherwise, is emitted as `divergence`; where the
   * prompt is another one only that is shown, and the conversation still goes on as recorded.
   * @returns the cell's summary as it was recorded
   */
  async *processWithContinuation(
    prompt: string,
    options: ProcessOptions = {},
  ): AsyncGenerator<ContinuationStep, CellSummary, undefined> {
    const emit = options.emit ?? (() => undefined);
    const match = this.#o.find(prompt);
    if (match === undefined || !match.recording.isWhole) {
      for (const divergence of match?.divergences ?? [{ kind: 'missing' as const, what: this.#o.missing }]) {
        emit({ type: 'divergence', ...divergence });
      }
      const end = match?.recording.end;
      if (end !== undefined) this.#o.conversation.trail.follow(end.conversation);
      emit({ type: 'stop', summary: nothing });
      return nothing;
    }
    const stop = await this.#play(match, prompt, emit, options);
    emit(stop);
    return stop.summary;
  }

  async #play(
    { recording, divergences, isEdited }: Match,
    prompt: string,
    emit: Emit,
    options: ProcessOptions,
  ): Promise<Extract<LoopEvent, { type: 'stop' }>> {
    const { conversation, checkRequest } = this.#o;
    const show: Emit = (event) => {
      if (!isEdited || event.type === 'divergence') emit(event);
    };
    this.#begin(recording, wordsOf(recording) ?? prompt);
    for (const references of recording.given) show({ type: 'given', references });
    const more = isEdited ? [] : ((await checkRequest?.(recording, options)) ?? []);
    for (const divergence of [...divergences, ...more]) show({ type: 'divergence', ...divergence });
    let helper = 0;
    for (const turn of recording.turns) {
      if (options.signal?.aborted === true) return interrupted(recording);
      if (turn.record.helper !== undefined) helper += 1;
      await this.#turn(turn, helper, show, options);
    }
    if (recording.end !== undefined) conversation.trail.follow(recording.end.conversation);
    return stopOf(recording, isEdited);
  }

  #begin({ turns }: Recording, words: string): void {
    const given = turns[0]?.tape?.given ?? [];
    const parts = given.flatMap(({ kind, text }) => (kind === 'words' ? [] : [{ kind, text }]));
    this.#o.conversation.beginCell(words, {}, parts);
  }

  async #turn(turn: RecordedTurn, helper: number, emit: Emit, options: ProcessOptions): Promise<void> {
    const { number, record, durationMs, tape, items } = turn;
    const { conversation } = this.#o;
    if (number > 1) for (const { text } of tape?.given ?? []) conversation.addNote(text);
    emit({ type: 'turn-start', turn: number, provider: record.provider, model: record.model });
    for (const piece of this.#pieces(record)) {
      emit(
        piece.kind === 'prose'
          ? { type: 'prose', turn: number, text: piece.text }
          : {
              type: 'code',
              turn: number,
              lang: this.#o.languageOf(piece.lang) ?? piece.lang,
              text: piece.text,
            },
      );
    }
    const request = tape && requestOf(tape);
    emit({
      type: 'turn-end',
      turn: number,
      record: asEvent(record),
      durationMs,
      ...(request && { request }),
    });
    if (conversation.unanswered().length > 0) conversation.addResponse(record.text);
    if (record.helper === undefined || record.stop === 'aborted') {
      for (const item of items) if (item.kind === 'notice') emit({ type: 'notice', text: item.text });
      return;
    }
    await this.#helper(turn, blockOf(record.helper), helper, emit, options);
  }

  async #helper(
    turn: RecordedTurn,
    block: HelperBlock,
    helper: number,
    emit: Emit,
    options: ProcessOptions,
  ): Promise<void> {
    const { number, tape, items } = turn;
    emit({ type: 'helper-start', turn: number, helper, block });
    const found = await this.#o.checkHelper?.({ turn: number, helper }, block, items, options);
    const collector = new ResultCollector();
    const images: ChatImage[] = [];
    let failure: Partial<ToolResult> = {};
    for (const item of items) {
      if (item.kind === 'notice') {
        if (item.isOfHelper) failure = { ...failure, notice: item.text };
        else emit({ type: 'notice', text: item.text });
        continue;
      }
      const failed = failureIn(item.output);
      const isLater = failed !== undefined && (failed.status !== 'error' || failed.error === undefined);
      if (failed !== undefined && isLater) {
        failure = {
          ...(failed.error && { error: failed.error }),
          ...(failed.notice !== undefined && { notice: failed.notice }),
        };
        continue;
      }
      const output = failed?.error ? ({ kind: 'error', error: failed.error } as const) : asSent(item.output);
      collector.add(output);
      if (output.kind === 'display')
        images.push(...[imageOf(output.data)].filter((one) => one !== undefined));
      emit({ type: 'helper-output', turn: number, helper, output });
    }
    const status = tape?.result?.status ?? statusOf(items);
    const result: ToolResult = { status, durationMs: 0, ...failure };
    const forModel = tape?.result?.text ?? collector.finish(result, 4000);
    const kept = tape?.result?.images;
    emit({
      ...{ type: 'helper-end', turn: number, helper, block, result, forModel },
      ...(kept && { images: kept }),
    });
    const seen = images.filter(({ data }) => kept?.some((image) => image.sha256 === sha256(data)));
    this.#o.conversation.addResult(forModel, seen);
    const isMissing = tape !== undefined && tape.result === undefined;
    const what = `The result of the helper in turn ${number} is not on the tape: the cell was stopped, or it was removed.`;
    for (const divergence of [...(isMissing ? [{ kind: 'missing' as const, what }] : []), ...(found ?? [])]) {
      emit({ type: 'divergence', turn: number, helper, ...divergence });
    }
  }

  #pieces({
    text,
    stop,
  }: RecordedTurn['record']): readonly Parameters<ConstructorParameters<typeof TurnText>[2]>[0][number][] {
    const pieces: Parameters<ConstructorParameters<typeof TurnText>[2]>[0][number][] = [];
    const reader = new TurnText(
      (lang) => this.#o.languageOf(lang) !== undefined,
      '',
      (more) => pieces.push(...more),
    );
    reader.push(text);
    reader.end(stop === 'filtered' ? 'stop' : stop);
    return pieces;
  }
}

const nothing: CellSummary = {
  ...{ turns: [], helpers: 0, durationMs: 0, stop: 'final' },
  usage: { inputTokens: 0, outputTokens: 0, cachedTokens: 0, estimated: false },
};

/** As the loop made it, key by key: absent ones are left out. */
function asEvent(recorded: RecordedTurn['record']): TurnRecord {
  const { version, key, provider, model, params, text, helper, usage, cost, stop, final } = recorded;
  const { temperature, begin, maxTokens, stop: sequences } = params;
  return {
    ...{ version, key, provider, model },
    params: { temperature, ...(begin !== undefined && { begin }), maxTokens, stop: sequences },
    text,
    ...(helper && { helper: blockOf(helper) }),
    usage,
    ...(cost !== undefined && { cost }),
    ...{ stop, final },
  };
}

function blockOf({ title, timeoutMs, ...block }: NonNullable<RecordedTurn['record']['helper']>): HelperBlock {
  return { ...block, ...(title !== undefined && { title }), ...(timeoutMs !== undefined && { timeoutMs }) };
}

const statusOf = (items: readonly Item[]): ToolResult['status'] =>
  items.map((item) => (item.kind === 'output' ? failureIn(item.output)?.status : undefined)).find(Boolean) ??
  'ok';

/** How the cell ended then. */
function stopOf(recording: Recording, isEdited: boolean): Extract<LoopEvent, { type: 'stop' }> {
  const { summary, error, turns, end, environment, files } = recording;
  if (isEdited) return { type: 'stop', summary: nothing };
  const last = turns.at(-1)?.record;
  const remedy = error?.traceback.at(-1)?.replace(/^→ /, '') ?? '';
  return {
    type: 'stop',
    summary: summary ?? { ...nothing, stop: last?.final === true ? 'final' : 'interrupted' },
    ...(end && { conversation: end.conversation }),
    ...(environment && { environment }),
    ...(files && { files }),
    ...(error && { problem: { ename: error.ename, sentence: error.evalue, remedy } }),
    ...(last?.final === true && { answer: last.text.trim() }),
  };
}

function interrupted(recording: Recording): Extract<LoopEvent, { type: 'stop' }> {
  const { summary = nothing } = recording;
  const problem = { ename: 'Interrupted', sentence: 'The cell was interrupted.', remedy: 'Run it again.' };
  return { type: 'stop', summary: { ...summary, turns: [], stop: 'interrupted' }, problem };
}
