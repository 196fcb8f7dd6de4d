import type {
  GenerateRequest,
  Heartbeat,
  ModelInfo,
  Provider,
  ProviderEvent,
  Usage,
} from '../../kernel/providers/contract.ts';

/** One generation of the script. Defaults: no text, ends with `stop`, honours stop sequences and the signal. */
export interface ScriptedReply {
  readonly text?: string;
  /** UTF-16 units a piece; default 7. */
  readonly chunk?: number;
  readonly stop?: 'stop' | 'length' | 'filtered';
  /** Thrown after the text. */
  readonly error?: Error;
  readonly usage?: Usage;
  readonly noUsage?: boolean;
  readonly noStop?: boolean;
  readonly ignoreStop?: boolean;
  /** Goes on after an abort, as a broken provider would. */
  readonly ignoreAbort?: boolean;
  /** Never settles after the text. */
  readonly hang?: boolean;
  readonly notice?: string;
  /** What the service itself calls its model. */
  readonly answered?: string;
  /** Called after each piece was taken. */
  readonly onPiece?: (sent: string) => void;
}

/** A test double for a provider: answers from a script, one reply a call, and keeps the requests. */
export class ScriptedProvider implements Provider {
  readonly name: string;
  canBegin = false;
  readonly requests: GenerateRequest[] = [];
  /** How far each call's text was read. */
  readonly sent: string[] = [];
  info: ModelInfo = { id: 'scripted', contextLength: 32_768, vision: false, contextLengthKnown: true };
  infoError: Error | undefined;
  readonly #replies: ScriptedReply[];

  constructor(replies: readonly (ScriptedReply | string)[], name = 'mock') {
    this.name = name;
    this.#replies = replies.map((reply) => (typeof reply === 'string' ? { text: reply } : reply));
  }

  async *generate(request: GenerateRequest): AsyncGenerator<ProviderEvent, void, undefined> {
    this.requests.push(request);
    const call = this.sent.push('') - 1;
    const reply = this.#replies.shift();
    if (!reply) throw new Error('The script has run out.');
    if (reply.notice !== undefined) yield { type: 'notice', text: reply.notice };
    const text = reply.ignoreStop === true ? (reply.text ?? '') : upToStop(reply.text ?? '', request.stop);
    const size = reply.chunk ?? 7;
    for (let at = 0; at < text.length; at += size) {
      await Promise.resolve();
      if (request.signal.aborted && reply.ignoreAbort !== true) {
        yield { type: 'stop', reason: 'aborted' };
        return;
      }
      const piece = text.slice(at, at + size);
      this.sent[call] = (this.sent[call] ?? '') + piece;
      yield { type: 'text', text: piece };
      reply.onPiece?.(this.sent[call] ?? '');
    }
    if (reply.hang === true) await (reply.ignoreAbort === true ? never() : abortOf(request.signal));
    if (reply.error) throw reply.error;
    if (reply.noUsage !== true) yield { type: 'usage', usage: reply.usage ?? countWords(request, text) };
    if (reply.noStop !== true) {
      const reason = request.signal.aborted ? 'aborted' : (reply.stop ?? 'stop');
      yield { type: 'stop', reason, ...(reply.answered !== undefined && { answered: reply.answered }) };
    }
  }

  modelInfo(): Promise<ModelInfo> {
    return this.infoError ? Promise.reject(this.infoError) : Promise.resolve(this.info);
  }

  listModels(): Promise<readonly string[]> {
    return Promise.resolve([this.info.id]);
  }

  heartbeat(): Promise<Heartbeat> {
    return Promise.resolve({ ok: true, latencyMs: 0, detail: 'a script' });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function upToStop(text: string, stops: readonly string[]): string {
  const ends = stops.map((stop) => text.indexOf(stop)).filter((at) => at !== -1);
  return text.slice(0, Math.min(text.length, ...ends));
}

function countWords(request: GenerateRequest, text: string): Usage {
  const words = (part: string): number => part.split(/\s+/).filter((word) => word !== '').length;
  const inputTokens = request.messages.reduce((sum, { content }) => sum + words(content), 0);
  return { inputTokens, outputTokens: words(text), cachedTokens: 0, estimated: true };
}

export function never(): Promise<never> {
  return new Promise(() => undefined);
}

function abortOf(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
