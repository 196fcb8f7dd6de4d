import { ProviderError } from './contract.ts';
import type { ChatMessage, GenerateRequest, ProviderEvent, Usage } from './contract.ts';
import { stopFilter } from './stop-filter.ts';

/** What a provider's own stream said, translated but not yet in the contract's order. */
export interface Piece {
  readonly text?: string;
  readonly notice?: string;
  readonly usage?: Usage;
  /** The model's name as the service itself says it. */
  readonly answered?: string;
  /** The provider says that the answer is complete. A stream that never says so was broken off. */
  readonly finish?: 'stop' | 'length' | 'filtered' | undefined;
}

export interface Source {
  /** Starts the call; `signal` is aborted when nobody wants the rest. */
  open(signal: AbortSignal): AsyncIterable<Piece>;
  /** Translates whatever `open` threw. */
  explain(error: unknown): ProviderError | Promise<ProviderError>;
  /** Counts tokens where the provider did not. */
  readonly countTokens?: (text: string) => number;
}

/** A peer that sends more than this in one answer is cut off, as if the length limit had been reached. */
const mostCharacters = 8_000_000;

/** A rough guess for models whose tokenizer is not at hand: four characters a token. */
const guessTokens = (text: string): number => Math.ceil(text.length / 4);

/**
 * Brings a provider's stream into the contract: stop sequences are never part of the text, an abort ends it at once,
 * `usage` and `stop` come exactly once and last, and whatever goes wrong is a ProviderError.
 */
export async function* generation(request: GenerateRequest, source: Source): AsyncGenerator<ProviderEvent> {
  const call = new AbortController();
  const abort = (): void => call.abort();
  request.signal.addEventListener('abort', abort, { once: true });
  const filter = stopFilter(request.stop);
  let written = '';
  let usage: Usage | undefined;
  let finish: Piece['finish'];
  let answered: string | undefined;
  try {
    const pieces = request.signal.aborted ? [] : untilAborted(source.open(call.signal), request.signal);
    for await (const piece of pieces) {
      if (piece.notice !== undefined) yield { type: 'notice', text: piece.notice };
      const shown = filter.push(piece.text ?? '');
      written += shown;
      if (shown !== '') yield { type: 'text', text: shown };
      usage = piece.usage ?? usage;
      answered = piece.answered ?? answered;
      finish = piece.finish ?? finish;
      if (filter.stopped) finish = 'stop';
      else if (written.length > mostCharacters) finish = 'length';
      else continue;
      break;
    }
    if (finish === undefined && !request.signal.aborted) throw new Error('the stream ended early');
  } catch (error) {
    if (!request.signal.aborted) {
      const rest = filter.flush();
      if (rest !== '') yield { type: 'text', text: rest };
      throw error instanceof ProviderError ? error : await source.explain(error);
    }
  } finally {
    request.signal.removeEventListener('abort', abort);
    call.abort();
  }
  const rest = filter.flush();
  if (rest !== '') yield { type: 'text', text: rest };
  yield { type: 'usage', usage: usage ?? estimate(request.messages, written + rest, source.countTokens) };
  const another = answered === undefined || answered === request.model ? {} : { answered };
  const reason = request.signal.aborted ? 'aborted' : (finish ?? 'stop');
  yield { type: 'stop', reason, ...another };
}

function estimate(messages: readonly ChatMessage[], written: string, count = guessTokens): Usage {
  const inputTokens = messages.reduce((sum, message) => sum + count(message.content), 0);
  return { inputTokens, outputTokens: count(written), cachedTokens: 0, estimated: true };
}

/** Passes items on until the signal is aborted; then it ends at once, even where the source does not heed it. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const items = source[Symbol.asyncIterator]();
  let abort = (): void => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    abort = () => resolve(undefined);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    for (;;) {
      const next = items.next();
      const result = await Promise.race([next, aborted]);
      if (result === undefined) {
        next.catch(() => undefined);
        return;
      }
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    items.return?.().catch(() => undefined);
  }
}
