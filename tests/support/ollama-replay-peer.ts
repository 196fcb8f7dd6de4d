import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { httpPeer, sendJson } from './http-peer.ts';
import type { HttpPeer } from './http-peer.ts';

/**
 * Replays Ollama's HTTP exchanges (0.32) as they were recorded from a real one: NDJSON streams with the counts in the
 * last chunk only, 404 for a missing model, 400 with `n_prompt_tokens` and `n_ctx` for an overflow, a connection that
 * is dropped in the middle, an error inside a stream. It is no model: it says the words it was given.
 */
export interface OllamaReplayPeer extends HttpPeer {
  readonly requests: readonly RecordedChat[];
  /** Resolves when the client has gone away in the middle of an answer. */
  readonly abandoned: Promise<void>;
}

interface RecordedChat {
  readonly model: string;
  readonly stream?: boolean;
  readonly truncate?: boolean;
  readonly shift?: boolean;
  readonly think?: boolean;
  readonly messages: readonly { role: string; content: string }[];
  readonly options: {
    readonly num_ctx: number;
    readonly num_predict: number;
    readonly temperature: number;
    readonly stop: readonly string[];
    readonly seed?: number;
  };
}

interface ReplayedModel {
  readonly name: string;
  readonly size?: number;
  readonly digest?: string;
  readonly family?: string;
  readonly parameterSize?: string;
  readonly contextLength?: number;
  readonly capabilities?: readonly string[];
}

export interface Replay {
  readonly models: readonly ReplayedModel[];
  readonly answer?: string;
  /** What happens after the third chunk. */
  readonly accident?: 'drop' | 'error' | 'close' | 'stall';
  /** Pause between chunks. */
  readonly pauseMs?: number;
}

const createdAt = '2026-10-01T10:00:00.000000000Z';
const words = (text: string): string[] => text.match(/\s*\S+/g) ?? [];

export async function ollamaReplayPeer(replay: Replay): Promise<OllamaReplayPeer> {
  const requests: RecordedChat[] = [];
  let abandon = (): void => undefined;
  const abandoned = new Promise<void>((resolve) => (abandon = resolve));
  const peer = await httpPeer(async (request, body, response) => {
    if (request.url === '/api/tags') {
      sendJson(response, 200, { models: replay.models.map(tag) });
      return;
    }
    const asked = JSON.parse(body) as RecordedChat;
    const model = replay.models.find(
      (one) => one.name === asked.model || one.name === `${asked.model}:latest`,
    );
    if (model === undefined) {
      sendJson(response, 404, { error: `model '${asked.model}' not found` });
      return;
    }
    if (request.url === '/api/show') {
      sendJson(response, 200, show(model));
      return;
    }
    requests.push(asked);
    const prompt = asked.messages.reduce((sum, message) => sum + words(message.content).length, 0);
    if (prompt > asked.options.num_ctx && asked.truncate === false && asked.shift === false) {
      sendJson(response, 400, overflow(prompt, asked.options.num_ctx));
      return;
    }
    response.on('close', () => {
      if (!response.writableFinished) abandon();
    });
    await stream(response, asked, prompt, replay);
  });
  return { ...peer, requests, abandoned };
}

async function stream(
  response: ServerResponse,
  asked: RecordedChat,
  prompt: number,
  replay: Replay,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const line = (value: object): boolean =>
    response.write(`${JSON.stringify({ model: asked.model, created_at: createdAt, ...value })}\n`);
  const chunks = words(replay.answer ?? 'Hello there.').slice(0, asked.options.num_predict);
  for (const [index, content] of chunks.entries()) {
    if (index === 3 && replay.accident !== undefined) {
      mishap(response, replay.accident);
      return;
    }
    line({ message: { role: 'assistant', content }, done: false });
    await delay(replay.pauseMs ?? 0);
  }
  const complete = chunks.length === words(replay.answer ?? 'Hello there.').length;
  line({
    message: { role: 'assistant', content: '' },
    done: true,
    done_reason: complete ? 'stop' : 'length',
    total_duration: 5_000_000,
    load_duration: 1_000_000,
    prompt_eval_count: prompt,
    prompt_eval_duration: 1_000_000,
    eval_count: chunks.length,
    eval_duration: 3_000_000,
  });
  response.end();
}

function mishap(response: ServerResponse, accident: NonNullable<Replay['accident']>): void {
  if (accident === 'stall') return;
  if (accident === 'drop') response.destroy();
  else if (accident === 'close') response.end();
  else response.end(`${JSON.stringify({ error: 'llama runner process has terminated' })}\n`);
}

const tag = (model: ReplayedModel): object => ({
  name: model.name,
  model: model.name,
  modified_at: createdAt,
  size: model.size ?? 4_683_087_561,
  digest: model.digest ?? '0'.repeat(64),
  details: {
    parent_model: '',
    format: 'gguf',
    family: model.family ?? 'qwen2',
    families: [model.family ?? 'qwen2'],
    parameter_size: model.parameterSize ?? '7.6B',
    quantization_level: 'Q4_K_M',
  },
});

const show = (model: ReplayedModel): object => ({
  modelfile: '# Modelfile',
  details: { family: model.family ?? 'qwen2' },
  model_info: {
    'general.architecture': model.family ?? 'qwen2',
    ...(model.contextLength && { [`${model.family ?? 'qwen2'}.context_length`]: model.contextLength }),
  },
  capabilities: model.capabilities ?? ['completion'],
});

const overflow = (prompt: number, context: number): object => ({
  error: JSON.stringify({
    code: 400,
    message: 'the request exceeds the available context size, try increasing it',
    type: 'exceed_context_size_error',
    n_prompt_tokens: prompt,
    n_ctx: context,
  }),
});
