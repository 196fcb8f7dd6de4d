import { estimateMessages, estimateTokens } from '../economy/estimate.ts';
import { noUsage, sumUsage, wasWorkedOn } from '../economy/usage.ts';
import { ProviderError } from '../providers/contract.ts';
import type { GenerateRequest, Provider, ProviderEvent, Usage } from '../providers/contract.ts';
import { continued, maxContinuations } from './continued.ts';
import type { LoopEvent } from './events.ts';
import { closingTag } from './grammar.ts';
import type { Piece, Verdict } from './parser.ts';
import { aborted, untilAborted } from './race.ts';
import { TurnText } from './turn-text.ts';

/** How long a stream may take to end after it was told to, in milliseconds. */
const graceMs = 500;

/** What one generation came to. */
export interface TurnOutcome {
  /** As received, with the closing tag that a stop sequence took. */
  readonly text: string;
  /** What the conversation keeps: the same, its block properly closed. */
  readonly said: string;
  readonly verdict: Verdict;
  readonly usage: Usage;
  readonly stop: 'stop' | 'length' | 'filtered' | 'aborted' | 'error';
  /** What the provider threw, for `error`. */
  readonly error?: unknown;
  /** Who answered, where it is not who was asked. */
  readonly source?: Source;
  /** What the service itself called the model, where that is another name. */
  readonly answered?: string;
}

/** A provider and its model. */
export interface Source {
  readonly provider: string;
  readonly model: string;
}

export interface TurnRequest {
  readonly provider: Provider;
  readonly request: Omit<GenerateRequest, 'signal'>;
  readonly turn: number;
  /** What editors call a language that a helper may name; `undefined`: it may not. */
  readonly languageOf: (lang: string) => string | undefined;
  readonly signal: AbortSignal;
  readonly emit: (event: LoopEvent) => void;
}

/**
 * Runs one generation and emits its prose and code. It ends at the helper block's closing tag whatever the provider
 * goes on to send, and at once when the signal comes, whatever the provider does; where the stop sequence fires at a
 * closing tag that is quoted, it goes on with another call. Never throws.
 */
export async function streamTurn(turn: TurnRequest): Promise<TurnOutcome> {
  const { languageOf, provider } = turn;
  const text = new TurnText(
    (lang) => languageOf(lang) !== undefined,
    turn.request.begin ?? '',
    (pieces) => {
      for (const piece of pieces) turn.emit(toEvent(turn, piece));
    },
  );
  let source: Source | undefined;
  const usages: Usage[] = [];
  let outcome: Consumed;
  for (let request = turn.request, calls = 1; ; calls += 1) {
    const before = text.text.length;
    const part = await consumePart({ ...turn, request }, text, (answering) => (source = answering));
    outcome = part.outcome;
    usages.push(usageOf(request, text.text.slice(before), outcome, part.lost));
    const hadEnded = calls > 1 && text.text.length === before;
    if (hadEnded || outcome.stop !== 'stop' || !text.isCutInQuotation || calls > maxContinuations) break;
    const next = continued(turn.request, text.goOn(), provider.canBegin ?? false);
    if (next === undefined) {
      text.push(''); // The tag was there, though nothing can follow it.
      outcome = { ...outcome, stop: 'length' };
      break;
    }
    request = next;
  }
  const ending = text.end(outcome.stop === 'filtered' ? 'stop' : outcome.stop);
  const whole = text.text + ending.putBack;
  return {
    text: whole,
    said: ending.excess > 0 ? whole.slice(0, -ending.excess) + closingTag : whole,
    verdict: ending.verdict,
    usage: usages.length === 1 ? (usages[0] ?? noUsage) : sumUsage(usages),
    stop: outcome.stop,
    ...('error' in outcome ? { error: outcome.error } : {}),
    ...(source && { source }),
    ...(outcome.answered !== undefined && { answered: outcome.answered }),
  };
}

/** One call of the turn's, whose text goes to `text`. */
async function consumePart(
  turn: TurnRequest,
  text: TurnText,
  answers: (source: Source) => void,
): Promise<{ outcome: Consumed; lost: Usage | undefined }> {
  let lost: Usage | undefined;
  const outcome = await consume(
    turn,
    (generated) => text.push(generated),
    (event) => {
      if (event.type === 'source') {
        const source = { provider: event.provider, model: event.model };
        answers(source);
        turn.emit({ type: 'source', turn: turn.turn, ...source });
      } else {
        const { reason, attempt, waitMs } = event;
        turn.emit({ type: 'retry', turn: turn.turn, reason, attempt, waitMs });
        lost = event.spent;
        text.restart();
      }
    },
  );
  return { outcome, lost };
}

interface Consumed {
  stop: TurnOutcome['stop'];
  usage: Usage | undefined;
  /** We ended the stream ourselves. */
  cut: boolean;
  error?: unknown;
  answered?: string;
}

/** Reads the provider's stream; `take` gets its text and says when there is enough of it, `change` what is new about it. */
async function consume(
  { provider, request, signal, emit }: TurnRequest,
  take: (text: string) => 'stop' | 'length' | undefined,
  change: (event: Extract<ProviderEvent, { type: 'retry' | 'source' }>) => void,
): Promise<Consumed> {
  const ended: Omit<Consumed, 'stop'> & Partial<Consumed> = { usage: undefined, cut: false };
  const generation = new AbortController();
  const grace = new AbortController();
  const patience = AbortSignal.any([signal, grace.signal]);
  let timer: NodeJS.Timeout | undefined;
  let iterator: AsyncIterator<ProviderEvent> | undefined;
  const endSoon = (): void => {
    timer ??= setTimeout(() => {
      grace.abort();
    }, graceMs);
  };
  const onAbort = (): void => {
    generation.abort();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    iterator = provider.generate({ ...request, signal: generation.signal })[Symbol.asyncIterator]();
    for (;;) {
      const next = await untilAborted(iterator.next(), patience);
      if (next === aborted || next.done === true) break;
      const event = next.value;
      if (event.type === 'stop' && event.answered !== undefined) ended.answered = event.answered;
      if (event.type === 'notice') emit({ type: 'notice', text: event.text });
      else if (event.type === 'usage') ended.usage = event.usage;
      else if (ended.stop !== undefined) continue;
      else if (event.type === 'retry' || event.type === 'source') change(event);
      else if (event.type === 'stop') {
        if (event.reason !== 'aborted') ended.stop = event.reason;
        endSoon();
      } else {
        const enough = take(event.text);
        if (enough === undefined) continue;
        ended.stop = enough;
        ended.cut = true;
        generation.abort();
        endSoon();
      }
    }
  } catch (error) {
    if (ended.stop === undefined && !signal.aborted) return { ...ended, stop: 'error', error };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    generation.abort();
    letGo(iterator);
  }
  if (ended.stop !== undefined) return { ...ended, stop: ended.stop };
  if (signal.aborted) return { ...ended, stop: 'aborted' };
  return { ...ended, stop: 'error', error: brokenStream() };
}

/** Tells an iterator that nobody reads on, without waiting for it: it may never settle. */
function letGo(iterator: AsyncIterator<unknown> | undefined): void {
  try {
    iterator?.return?.().catch(() => undefined);
  } catch {
    // It had its chance to clean up.
  }
}

function brokenStream(): ProviderError {
  return new ProviderError(
    'stream-broken',
    'The model’s answer broke off before its end.',
    'Run the cell again; `npx replique doctor` checks the provider.',
  );
}

function usageOf(
  request: TurnRequest['request'],
  text: string,
  { usage: said, cut, stop, error }: Consumed,
  lost: Usage | undefined,
): Usage {
  if (said) return cut ? { ...said, estimated: true } : said;
  if (stop === 'error' && !wasWorkedOn(error, text !== '')) return lost ?? noUsage;
  const estimate = {
    inputTokens: estimateMessages(request.messages),
    outputTokens: estimateTokens(text),
    cachedTokens: 0,
    estimated: true,
  };
  return lost === undefined ? estimate : sumUsage([lost, estimate]);
}

function toEvent({ turn, languageOf }: TurnRequest, piece: Piece): LoopEvent {
  return piece.kind === 'prose'
    ? { type: 'prose', turn, text: piece.text }
    : { type: 'code', turn, lang: languageOf(piece.lang) ?? piece.lang, text: piece.text };
}
