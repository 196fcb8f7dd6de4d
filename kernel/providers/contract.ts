/** What a model provider is to the rest of the system. A provider's own types stay in its file. */

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
  /** Of a user message. Where the model can't see they are left out. */
  readonly images?: readonly ChatImage[];
}

export interface ChatImage {
  readonly mime: 'image/png' | 'image/jpeg';
  /** In base64. */
  readonly data: string;
}

export interface GenerateRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  readonly temperature: number;
  /** Generation ends before any of these; the sequence itself is never part of the text. */
  readonly stop: readonly string[];
  readonly seed?: number;
  /** What the reply begins with, decided by us; its events hold what comes after. Only where `canBegin`. */
  readonly begin?: string;
  /** Aborted: the stream ends at once with `stop: aborted`; nothing is thrown. */
  readonly signal: AbortSignal;
}

/** Tokens as the provider said them, or as we estimated them. `inputTokens` includes `cachedTokens`. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly estimated: boolean;
}

/**
 * A generation: any number of `text`, `notice`, `retry` and `source`, then exactly one `usage` and one `stop`, in that
 * order. What goes wrong is thrown as a ProviderError and nothing else; a `usage` may come before it.
 */
export type ProviderEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'notice'; readonly text: string }
  /** The text so far is void: after `waitMs` attempt number `attempt` begins anew, because of `reason`. */
  | {
      readonly type: 'retry';
      readonly reason: string;
      readonly attempt: number;
      readonly waitMs: number;
      /** What the attempts so far have used. The last `usage` includes it. */
      readonly spent: Usage;
    }
  /** Who answers from here on, where it is not who was asked. */
  | { readonly type: 'source'; readonly provider: string; readonly model: string }
  | { readonly type: 'usage'; readonly usage: Usage }
  | {
      readonly type: 'stop';
      readonly reason: 'stop' | 'length' | 'aborted' | 'filtered';
      /** The model's name as the service itself said it, where that is not the one that was asked for. */
      readonly answered?: string;
    };

export interface ModelInfo {
  readonly id: string;
  /** Tokens that fit, input and output together. */
  readonly contextLength: number;
  readonly vision: boolean;
  /** `false`: the number is a guess, and the system check says so. */
  readonly contextLengthKnown: boolean;
}

export interface Heartbeat {
  readonly ok: boolean;
  readonly latencyMs: number;
  /** What answered, or what went wrong, in a sentence. */
  readonly detail: string;
  readonly remedy?: string;
}

export interface Provider {
  readonly name: string;
  /** The model can go on from a reply that we began. */
  readonly canBegin?: boolean;
  /** Nothing of a request leaves this machine. */
  readonly isLocal?: boolean;
  generate(request: GenerateRequest): AsyncIterable<ProviderEvent>;
  modelInfo(model: string, signal: AbortSignal): Promise<ModelInfo>;
  /** Names of the models that can be asked for; empty where the provider can't tell. */
  listModels(signal: AbortSignal): Promise<readonly string[]>;
  /** A real minimal call (one token). Never throws. */
  heartbeat(model: string, signal: AbortSignal): Promise<Heartbeat>;
  close(): Promise<void>;
}

export type ProviderErrorKind =
  | 'auth'
  | 'unreachable'
  | 'model-missing'
  | 'rate-limit'
  | 'overflow'
  | 'budget'
  | 'server'
  | 'stream-broken'
  | 'timeout'
  | 'bad-request'
  | 'script'
  | 'setup';

/** Everything that can go wrong between us and a model. The message is a sentence; it never holds a key. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly kind: ProviderErrorKind;
  readonly remedy: string;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: ProviderErrorKind,
    message: string,
    remedy: string,
    extra: { status?: number; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: extra.cause });
    this.kind = kind;
    this.remedy = remedy;
    this.status = extra.status;
    this.retryAfterMs = extra.retryAfterMs;
  }
}
