import { z } from 'zod';
import type { ChatMessage, GenerateRequest, ModelInfo, Provider, ProviderError, Usage } from './contract.ts';
import { providerError } from './failures.ts';
import type { Peer } from './failures.ts';
import { generation } from './generation.ts';
import type { Piece } from './generation.ts';
import { heartbeat } from './heartbeat.ts';
import { dataUrl } from './vision.ts';

type ChatBodyMessage =
  { role: 'system' | 'assistant'; content: string } | { role: 'user'; content: string | ContentPart[] };
type ContentPart = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } };

/** The request that OpenAI's chat completions and its likes have in common. */
interface ChatBody {
  readonly model: string;
  readonly messages: ChatBodyMessage[];
  readonly temperature: number;
  readonly stream: true;
  readonly stream_options: { include_usage: true };
  readonly stop?: string[];
  readonly seed?: number;
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
}

/** The two calls that are needed of an SDK, which retries nothing by itself: that is the loop's business. */
export interface ChatClient {
  stream(body: ChatBody, signal: AbortSignal): Promise<AsyncIterable<unknown>>;
  models(signal: AbortSignal): Promise<unknown>;
}

export interface ChatSettings {
  readonly name: string;
  readonly peer: Peer;
  /** Loads the SDK; called on first use. May throw a ProviderError. */
  connect(): Promise<ChatClient>;
  readonly limitKey: 'max_tokens' | 'max_completion_tokens';
  /** What is known of a model beyond what the endpoint lists. */
  known(model: string): { readonly contextLength?: number; readonly vision: boolean };
}

const tokens = z.int().nonnegative();

const chunkSchema = z.object({
  model: z.string().min(1).max(200).nullish().catch(undefined),
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish() }).nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .max(128)
    .nullish(),
  usage: z
    .object({
      prompt_tokens: tokens,
      completion_tokens: tokens,
      prompt_tokens_details: z.object({ cached_tokens: tokens.nullish() }).nullish().catch(undefined),
    })
    .nullish()
    .catch(undefined), // what makes no sense is estimated: the answer stands
});

const length = z.int().positive().optional().catch(undefined);

const modelsSchema = z.object({
  data: z
    .array(
      z.object({
        id: z.string().max(500),
        context_window: length,
        context_length: length,
        max_model_len: length,
        meta: z.object({ n_ctx: length }).nullish().catch(undefined),
      }),
    )
    .max(10_000),
});

type Listed = z.infer<typeof modelsSchema>['data'][number];

/** OpenAI takes no more stop sequences than this; the rest are cut here. */
const mostStops = 4;
const guessedContext = 8192;
const namesTimeoutMs = 3000;

/** A provider for any endpoint that speaks OpenAI's chat completions. */
export function chatCompletions(settings: ChatSettings): Provider {
  let client: Promise<ChatClient> | undefined;
  const connected = (): Promise<ChatClient> => (client ??= settings.connect());
  const infos = new Map<string, ModelInfo>();

  async function list(signal: AbortSignal): Promise<readonly Listed[]> {
    try {
      const answer = await (await connected()).models(signal);
      return modelsSchema.parse(answer).data;
    } catch (error) {
      throw providerError(error, settings.peer, '');
    }
  }

  async function explain(error: unknown, model: string): Promise<ProviderError> {
    const plain = providerError(error, settings.peer, model);
    if (plain.kind !== 'model-missing') return plain;
    const names = await list(AbortSignal.timeout(namesTimeoutMs)).catch(() => []);
    const remedy = (): string =>
      withNames(
        settings.peer.modelRemedy(model),
        names.map((entry) => entry.id),
      );
    return providerError(error, { ...settings.peer, modelRemedy: remedy }, model);
  }

  const provider: Provider = {
    name: settings.name,
    generate: (request) =>
      generation(request, {
        open: async function* (signal) {
          const stream = await (await connected()).stream(chatBody(request, settings), signal);
          for await (const chunk of stream) yield* pieces(chunkSchema.parse(chunk));
        },
        explain: (error) => explain(error, request.model),
      }),
    async modelInfo(model, signal) {
      const cached = infos.get(model);
      if (cached !== undefined) return cached;
      const entry = (await list(signal)).find((listed) => listed.id === model);
      const known = settings.known(model);
      const contextLength =
        entry?.context_window ?? entry?.context_length ?? entry?.max_model_len ?? entry?.meta?.n_ctx;
      const info = {
        id: model,
        contextLength: contextLength ?? known.contextLength ?? guessedContext,
        contextLengthKnown: (contextLength ?? known.contextLength) !== undefined,
        vision: known.vision,
      };
      infos.set(model, info);
      return info;
    },
    listModels: async (signal) => (await list(signal)).map((entry) => entry.id),
    heartbeat: (model, signal) => heartbeat(provider, model, signal),
    close: () => Promise.resolve(),
  };
  return provider;
}

/** Adds the names that can be asked for to a remedy, a bounded number of them. */
export function withNames(remedy: string, names: readonly string[]): string {
  if (names.length === 0) return remedy;
  const shown = names.slice(0, 12).join(', ');
  return `${remedy} It has: ${shown}${names.length > 12 ? `, and ${names.length - 12} more` : ''}.`;
}

function chatBody(request: GenerateRequest, settings: ChatSettings): ChatBody {
  const { limitKey } = settings;
  const { vision } = settings.known(request.model);
  return {
    model: request.model,
    messages: request.messages.map((message) => bodyMessage(message, vision)),
    temperature: request.temperature,
    stream: true,
    stream_options: { include_usage: true },
    [limitKey]: request.maxTokens,
    ...(request.stop.length === 0 ? {} : { stop: request.stop.slice(0, mostStops) }),
    ...(request.seed === undefined ? {} : { seed: request.seed }),
  };
}

function bodyMessage({ role, content, images = [] }: ChatMessage, vision: boolean): ChatBodyMessage {
  if (role !== 'user' || !vision || images.length === 0) return { role, content };
  const shown = images.map((image) => ({ type: 'image_url' as const, image_url: { url: dataUrl(image) } }));
  return { role, content: [{ type: 'text', text: content }, ...shown] };
}

const finishes: Readonly<Record<string, Piece['finish']>> = { length: 'length', content_filter: 'filtered' };

function* pieces(chunk: z.infer<typeof chunkSchema>): Generator<Piece> {
  if (chunk.model) yield { answered: chunk.model };
  const choice = chunk.choices?.[0];
  const text = choice?.delta?.content ?? '';
  if (text !== '') yield { text };
  const reason = choice?.finish_reason ?? undefined;
  if (reason !== undefined) yield { finish: finishes[reason] ?? 'stop' };
  if (chunk.usage) yield { usage: usageOf(chunk.usage) };
}

function usageOf(counts: NonNullable<z.infer<typeof chunkSchema>['usage']>): Usage {
  return {
    inputTokens: counts.prompt_tokens,
    outputTokens: counts.completion_tokens,
    cachedTokens: counts.prompt_tokens_details?.cached_tokens ?? 0,
    estimated: false,
  };
}
