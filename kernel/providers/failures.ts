import { z } from 'zod';
import { ProviderError } from './contract.ts';
import { redact } from './redact.ts';

/** The other side of a call, as errors speak of it. */
export interface Peer {
  readonly name: string;
  /** Address without credentials. */
  readonly address: string;
  readonly secrets: readonly string[];
  readonly authRemedy: string;
  readonly unreachableRemedy: string;
  modelRemedy(model: string): string;
}

/** What a peer answered where it did not answer well. Both OpenAI-like SDKs throw errors of this shape, too. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly status: number | undefined;
  readonly headers: Headers;

  constructor(status: number | undefined, message: string, headers = new Headers()) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

const failureSchema = z.object({
  status: z.int().optional().catch(undefined),
  message: z.string().catch(''),
  headers: z.instanceof(Headers).optional().catch(undefined),
});

const nested = z.union([
  z
    .object({ error: z.object({ error: z.object({ message: z.string() }) }) })
    .transform((e) => e.error.error.message),
  z.object({ error: z.object({ message: z.string() }) }).transform((e) => e.error.message),
  z.object({ error: z.string() }).transform((e) => e.error),
]);

const overflow =
  /context[ _](?:size|length)|maximum context|exceed_context|n_prompt_tokens|reduce the length|prompt is too long/i;
const timeoutSigns = /timed ?out|timeout/i;
const brokenSigns = /^terminated$|did not receive done|premature close|ended early|JSON|unexpected token/i;
const connectionSigns = /fetch failed|connection error|invalid url|cannot be constructed from a URL/i;

/** Turns whatever an SDK threw into the error of the contract. `model` is the one that was asked for. */
export function providerError(error: unknown, peer: Peer, model: string): ProviderError {
  if (error instanceof ProviderError) return error;
  const { status, message, headers } = failureSchema.parse(error instanceof Error ? error : {});
  const chain = causes(error);
  const detail = redact(nested.safeParse(error).data ?? message, peer.secrets);
  const where = `${peer.name} at ${peer.address}`;
  const extra = { ...(status === undefined ? {} : { status }), cause: plainCause(error, peer.secrets) };
  if (status !== undefined)
    return fromStatus(status, { message, detail, where, headers, extra }, peer, model);
  if (chain.some((text) => timeoutSigns.test(text))) {
    return new ProviderError('timeout', `${where} did not answer in time.`, 'Run the cell again.', extra);
  }
  if (chain.some((text) => brokenSigns.test(text))) {
    return new ProviderError('stream-broken', `${where} broke off its answer.`, 'Run the cell again.', extra);
  }
  if (chain.some((text) => connectionSigns.test(text))) {
    const reason = redact(chain.at(-1) ?? '', peer.secrets);
    return new ProviderError(
      'unreachable',
      `${where} could not be reached: ${reason}`,
      peer.unreachableRemedy,
      extra,
    );
  }
  if (overflow.test(message)) return overflowError(where, model, message, extra);
  return new ProviderError('server', `${where} failed: ${detail}`, 'Run the cell again.', extra);
}

interface Answer {
  readonly message: string;
  readonly detail: string;
  readonly where: string;
  readonly headers: Headers | undefined;
  readonly extra: { status?: number; cause?: unknown };
}

function fromStatus(status: number, answer: Answer, peer: Peer, model: string): ProviderError {
  const { message, detail, where, headers, extra } = answer;
  if (status === 401 || status === 403) {
    return new ProviderError(
      'auth',
      `${where} refused the key (${status}): ${detail}`,
      peer.authRemedy,
      extra,
    );
  }
  if (status === 404 && (message.includes(model) || /model/i.test(message))) {
    return new ProviderError(
      'model-missing',
      `${where} has no model "${model}".`,
      peer.modelRemedy(model),
      extra,
    );
  }
  if (status === 404) {
    return new ProviderError(
      'bad-request',
      `${where} does not know this request (404).`,
      peer.unreachableRemedy,
      extra,
    );
  }
  if (status === 408 || status === 504) {
    return new ProviderError(
      'timeout',
      `${where} did not answer in time (${status}).`,
      'Run the cell again.',
      extra,
    );
  }
  if (status === 413 || (status < 500 && status !== 429 && overflow.test(message))) {
    return overflowError(where, model, message, extra);
  }
  if (status === 429) {
    const retryAfterMs = retryAfter(headers);
    return new ProviderError(
      'rate-limit',
      `${where} takes no more requests for now (429): ${detail}`,
      retryAfterMs === undefined
        ? 'Wait a moment and run the cell again, or choose another provider.'
        : `Run the cell again in ${Math.ceil(retryAfterMs / 1000)} s, or choose another provider.`,
      retryAfterMs === undefined ? extra : { ...extra, retryAfterMs },
    );
  }
  if (status >= 500) {
    const remedy = 'Run the cell again, or choose another provider.';
    return new ProviderError('server', `${where} failed (${status}): ${detail}`, remedy, extra);
  }
  const remedy = 'Choose another model or provider (`REPLIQUE_MODEL`, `REPLIQUE_PROVIDER`).';
  return new ProviderError(
    'bad-request',
    `${where} refused the request (${status}): ${detail}`,
    remedy,
    extra,
  );
}

function overflowError(where: string, model: string, message: string, extra: Answer['extra']): ProviderError {
  const asked = /n_prompt_tokens\W+(\d+)|\((\d+) tokens\)/.exec(message);
  const room = /n_ctx\W+(\d+)|context size \((\d+) tokens\)/.exec(message);
  const [tokens, limit] = [asked, room].map((match) => match?.[1] ?? match?.[2]);
  const numbers = tokens !== undefined && limit !== undefined ? ` (${tokens} tokens, ${limit} fit)` : '';
  return new ProviderError(
    'overflow',
    `The conversation is too long for the model "${model}" of ${where}${numbers}.`,
    'Restart the kernel to begin a new conversation, or choose a model with a larger context.',
    extra,
  );
}

/** `retry-after` in milliseconds: seconds or an HTTP date (RFC 9110, 10.2.3), or the `retry-after-ms` of some APIs. */
function retryAfter(headers: Headers | undefined): number | undefined {
  const milliseconds = Number(headers?.get('retry-after-ms') ?? NaN);
  if (milliseconds >= 0) return milliseconds;
  const text = headers?.get('retry-after') ?? '';
  const seconds = text === '' ? NaN : Number(text);
  const wait = Number.isNaN(seconds) ? Date.parse(text) - Date.now() : seconds * 1000;
  return Number.isFinite(wait) ? Math.max(0, Math.round(wait)) : undefined;
}

/** Messages and codes of an error and its causes, outermost first. */
function causes(error: unknown): string[] {
  const texts: string[] = [];
  let current = error;
  for (let depth = 0; depth < 8 && current instanceof Error; depth++) {
    const code = (current as NodeJS.ErrnoException).code;
    texts.push(current.message, ...(typeof code === 'string' ? [code] : []));
    if (current.name === 'SyntaxError' || current.name === 'ZodError') texts.push('unexpected token');
    current = current.cause;
  }
  return texts;
}

/** The original error for debugging, without the request and the headers that SDKs hang on it. */
function plainCause(error: unknown, secrets: readonly string[]): Error {
  const original = error instanceof Error ? error : new Error(String(error));
  const cause = new Error(redact(original.message, secrets));
  cause.name = original.name;
  return cause;
}
