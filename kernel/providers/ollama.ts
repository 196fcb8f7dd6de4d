import { totalmem } from 'node:os';
import type { Ollama } from 'ollama';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { secretsOf } from '../config.ts';
import { withNames } from './chat-completions.ts';
import { ProviderError } from './contract.ts';
import type { GenerateRequest, ModelInfo, Provider } from './contract.ts';
import { HttpFailure, providerError } from './failures.ts';
import type { Peer } from './failures.ts';
import { generation } from './generation.ts';
import type { Piece } from './generation.ts';
import { heartbeat } from './heartbeat.ts';
import {
  affordableContext,
  bestModel,
  digestIn,
  installedName,
  showSchema,
  tagsSchema,
  trainedContext,
} from './ollama-models.ts';
import type { Installed } from './ollama-models.ts';
import { addressSecrets, shownAddress } from './redact.ts';
import { sees } from './vision.ts';

const recommended = 'qwen2.5-coder:7b';
/** Ollama's own default, assumed where it does not tell a model's context length. */
const guessedContext = 4096;
const namesTimeoutMs = 3000;
const longestError = 65_536;

const tokens = z.int().nonnegative().catch(0);

const chunkSchema = z.object({
  message: z.object({ content: z.string().nullish() }).nullish(),
  done: z.boolean().catch(false),
  done_reason: z.string().nullish(),
  prompt_eval_count: tokens,
  eval_count: tokens,
});

interface Details extends ModelInfo {
  readonly thinks: boolean;
}

/** Models that an Ollama server runs. The context asked for is the model's own, as far as memory allows. */
export function create(config: Config): Provider {
  const peer = peerOf(config);
  const known = new Map<string, Details>();

  async function details(model: string, signal: AbortSignal): Promise<Details> {
    const cached = known.get(model);
    if (cached !== undefined) return cached;
    const client = await connect(config, signal);
    const show = showSchema.parse(await client.show({ model }));
    const trained = trainedContext(show);
    const found = {
      id: model,
      contextLength: Math.min(trained ?? guessedContext, affordableContext(totalmem())),
      contextLengthKnown: trained !== undefined,
      vision: sees(config, show.capabilities?.includes('vision') ?? false),
      thinks: show.capabilities?.includes('thinking') ?? false,
    };
    known.set(model, found);
    return found;
  }

  async function explain(error: unknown, model: string): Promise<ProviderError> {
    const plain = providerError(error, peer, model);
    if (plain.kind !== 'model-missing') return plain;
    const names = await tags(config, peer, AbortSignal.timeout(namesTimeoutMs)).catch(() => []);
    return missing(config, model, names);
  }

  const provider: Provider = {
    name: 'ollama',
    generate: (request) =>
      generation(request, {
        open: async function* (signal) {
          yield* chat(await connect(config, signal), request, await details(request.model, signal));
        },
        explain: (error) => explain(error, request.model),
      }),
    async modelInfo(model, signal) {
      try {
        const { id, contextLength, contextLengthKnown, vision } = await details(model, signal);
        return { id, contextLength, contextLengthKnown, vision };
      } catch (error) {
        throw await explain(error, model);
      }
    },
    listModels: async (signal) => (await tags(config, peer, signal)).map((model) => model.name),
    heartbeat: (model, signal) => heartbeat(provider, model, signal),
    close: () => Promise.resolve(),
  };
  return provider;
}

/**
 * The configured model, or the best of the installed ones (see `bestModel`).
 * @throws ProviderError `model-missing` where it is not installed, or none suits
 */
export async function chooseModel(config: Config, _provider: Provider, signal: AbortSignal): Promise<string> {
  const installed = await tags(config, peerOf(config), signal);
  if (config.model !== undefined) {
    if (installedName(config.model, installed) !== undefined) return config.model;
    throw missing(config, config.model, installed);
  }
  const best = bestModel(installed, totalmem());
  if (best !== undefined) return best;
  throw new ProviderError(
    'model-missing',
    `Ollama at ${shownAddress(config.ollamaHost)} has no suitable model.`,
    withNames(
      `Run \`ollama pull ${recommended}\`.`,
      installed.map((model) => model.name),
    ),
  );
}

/**
 * What identifies an installed model's weights, hex.
 * @throws ProviderError where the server can't be asked
 */
export async function digestOf(
  config: Config,
  model: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return digestIn(model, await tags(config, peerOf(config), signal));
}

const missing = (config: Config, model: string, installed: readonly Installed[]): ProviderError =>
  new ProviderError(
    'model-missing',
    `Ollama at ${shownAddress(config.ollamaHost)} has no model "${model}".`,
    withNames(
      `Run \`ollama pull ${model}\`.`,
      installed.map((entry) => entry.name),
    ),
    { status: 404 },
  );

const peerOf = (config: Config): Peer => ({
  name: 'Ollama',
  address: shownAddress(config.ollamaHost),
  secrets: [...secretsOf(config), ...addressSecrets(config.ollamaHost)],
  authRemedy: 'Check OLLAMA_HOST and what stands between here and there.',
  unreachableRemedy: 'Start it with `ollama serve`, or set OLLAMA_HOST to where it listens.',
  modelRemedy: (model) => `Run \`ollama pull ${model}\`.`,
});

async function tags(config: Config, peer: Peer, signal: AbortSignal): Promise<readonly Installed[]> {
  try {
    const client = await connect(config, signal);
    return tagsSchema.parse(await client.list()).models;
  } catch (error) {
    throw providerError(error, peer, '');
  }
}

/**
 * A client whose calls end with `signal`, which the package has no parameter for. Failures are thrown with their
 * whole body: the numbers of an overflow are in it, and the package would keep only a part.
 */
async function connect(config: Config, signal: AbortSignal): Promise<Ollama> {
  const { Ollama: Client } = await import('ollama');
  return new Client({
    host: config.ollamaHost,
    fetch: async (input, init) => {
      const response = await fetch(input, { ...init, signal });
      if (response.ok) return response;
      throw new HttpFailure(
        response.status,
        (await response.text()).slice(0, longestError),
        response.headers,
      );
    },
  });
}

/** An overflow is to be an error, not silently dropped text, so neither the prompt nor the context may be cut. */
async function* chat(client: Ollama, request: GenerateRequest, model: Details): AsyncGenerator<Piece> {
  const body = {
    model: request.model,
    messages: request.messages.map(({ role, content, images = [] }) => ({
      ...{ role, content },
      ...(model.vision && images.length > 0 && { images: images.map(({ data }) => data) }),
    })),
    truncate: false,
    shift: false,
    ...(model.thinks ? { think: false } : {}),
    options: {
      num_ctx: model.contextLength,
      num_predict: request.maxTokens,
      temperature: request.temperature,
      stop: [...request.stop],
      ...(request.seed === undefined ? {} : { seed: request.seed }),
    },
  };
  for await (const item of await client.chat({ ...body, stream: true })) {
    const chunk = chunkSchema.parse(item);
    const text = chunk.message?.content ?? '';
    if (text !== '') yield { text };
    if (chunk.done) yield lastPiece(chunk);
  }
}

/** `prompt_eval_count` includes what was cached; how much that was, Ollama does not say. */
function lastPiece(chunk: z.infer<typeof chunkSchema>): Piece {
  const usage = {
    inputTokens: chunk.prompt_eval_count,
    outputTokens: chunk.eval_count,
    cachedTokens: 0,
    estimated: false,
  };
  return { finish: chunk.done_reason === 'length' ? 'length' : 'stop', usage };
}
