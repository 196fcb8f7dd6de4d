import { turnKey } from '../../loop/key.ts';
import type { GenerateRequest, Provider, ProviderEvent } from '../../providers/contract.ts';
import type { AnswerCache } from './cache.ts';
import type { Answer } from './database.ts';

export interface CachedOptions {
  readonly cache: Pick<AnswerCache, 'get' | 'put' | 'takeNotice'>;
  /** Whether the model is to be asked afresh now. */
  readonly isBypassed: () => boolean;
}

const free = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, estimated: false };

/** A provider that answers a request that was answered before without asking. What came to its end is kept. */
export function cachedProvider(provider: Provider, { cache, isBypassed }: CachedOptions): Provider {
  return {
    name: provider.name,
    ...(provider.canBegin !== undefined && { canBegin: provider.canBegin }),
    ...(provider.isLocal !== undefined && { isLocal: provider.isLocal }),
    modelInfo: (model, signal) => provider.modelInfo(model, signal),
    listModels: (signal) => provider.listModels(signal),
    heartbeat: (model, signal) => provider.heartbeat(model, signal),
    close: () => provider.close(),
    async *generate(request: GenerateRequest): AsyncGenerator<ProviderEvent, void, undefined> {
      if (isBypassed()) {
        yield* provider.generate(request);
        return;
      }
      const key = keyOf(provider.name, request);
      const known = await cache.get(key);
      const notice = cache.takeNotice();
      if (notice !== undefined) yield { type: 'notice', text: notice };
      if (known !== undefined) {
        yield* answered(known);
        return;
      }
      yield* kept(provider.generate(request), (answer) => cache.put(key, answer));
    },
  };
}

function keyOf(
  provider: string,
  { model, messages, temperature, begin, maxTokens, stop }: GenerateRequest,
): string {
  const params = { temperature, ...(begin !== undefined && { begin }), maxTokens, stop };
  return turnKey(`${provider}:${model}`, params, messages);
}

function* answered({ text, stop, source }: Answer): Generator<ProviderEvent, void, undefined> {
  yield { type: 'notice', text: 'This turn is from the cache: no model was asked, and it costs nothing.' };
  if (source) yield { type: 'source', ...source };
  yield { type: 'text', text };
  yield { type: 'usage', usage: free };
  yield { type: 'stop', reason: stop };
}

/** Passes the events on and keeps the answer before its end is told. */
async function* kept(
  events: AsyncIterable<ProviderEvent>,
  put: (answer: Answer) => Promise<void>,
): AsyncGenerator<ProviderEvent, void, undefined> {
  let text = '';
  let source: Answer['source'];
  for await (const event of events) {
    if (event.type === 'text') text += event.text;
    if (event.type === 'retry') text = '';
    if (event.type === 'source') source = { provider: event.provider, model: event.model };
    if (event.type === 'stop' && (event.reason === 'stop' || event.reason === 'length')) {
      await put({ text, stop: event.reason, ...(source && { source }) });
    }
    yield event;
  }
}
