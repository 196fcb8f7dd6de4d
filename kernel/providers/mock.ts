import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { secretsOf } from '../config.ts';
import { ProviderError } from './contract.ts';
import type { GenerateRequest, Heartbeat, Provider } from './contract.ts';
import { HttpFailure, providerError } from './failures.ts';
import type { Peer } from './failures.ts';
import { generation } from './generation.ts';
import type { Piece } from './generation.ts';
import { readMockScript } from './mock-script.ts';
import type { MockReply, MockScript } from './mock-script.ts';

const mockModel = 'mock';
const mockContext = 32_768;

/**
 * A test double with an honest name: it replies what a script says (`REPLIQUE_MOCK_SCRIPT`). The script is read here,
 * once; where it is missing or wrong, every prompt says so and everything else works.
 */
export function create(config: Config): Provider {
  const script = load(config);
  const peer = peerOf(config);
  const used = new Set<MockReply>();

  const provider: Provider = {
    name: 'mock',
    async *generate(request) {
      const reply = request.signal.aborted ? {} : next(script, used, request);
      const ignoreStop = reply.ignoreStop ?? (!(script instanceof Error) && script.ignoreStop);
      yield* generation(ignoreStop ? { ...request, stop: [] } : request, {
        open: (signal) => play(reply, signal),
        explain: (error) => providerError(error, peer, request.model),
        countTokens,
      });
    },
    modelInfo: (model) =>
      Promise.resolve({ id: model, contextLength: mockContext, contextLengthKnown: true, vision: false }),
    listModels: () => Promise.resolve([mockModel]),
    heartbeat: () => Promise.resolve(beat(script)),
    close: () => Promise.resolve(),
  };
  return provider;
}

/** The configured name, whatever it is: the script answers for any model. */
export function chooseModel(config: Config): Promise<string> {
  return Promise.resolve(config.model ?? mockModel);
}

function load(config: Config): MockScript | ProviderError {
  if (config.mockScript === undefined) {
    return new ProviderError(
      'script',
      'The mock provider has no script, so it cannot answer prompts.',
      'Set REPLIQUE_MOCK_SCRIPT to a script, or choose another provider with REPLIQUE_PROVIDER.',
    );
  }
  try {
    return readMockScript(config.mockScript);
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
}

/** Takes the next reply of the script for this request. @throws ProviderError `script` when there is none */
function next(script: MockScript | ProviderError, used: Set<MockReply>, request: GenerateRequest): MockReply {
  if (script instanceof ProviderError) throw script;
  if (script.repeat && used.size === script.replies.length) used.clear();
  const unused = script.replies.filter((reply) => !used.has(reply));
  const last = request.messages.at(-1)?.content ?? '';
  const reply =
    unused.find((candidate) => candidate.match?.test(last)) ??
    unused.find((candidate) => candidate.match === undefined);
  if (reply === undefined) {
    const problem = unused.length === 0 ? 'has no reply left' : 'has no reply that matches this message';
    throw new ProviderError('script', `The mock script ${problem}.`, 'Add a reply, or set "repeat": true.');
  }
  used.add(reply);
  return reply;
}

async function* play(reply: MockReply, signal: AbortSignal): AsyncGenerator<Piece> {
  const characters = Array.from(reply.text ?? '');
  const size = reply.chunk ?? characters.length;
  for (let start = 0; start < characters.length; start += size) {
    if (reply.delayMs !== undefined) await delay(reply.delayMs, undefined, { signal });
    yield { text: characters.slice(start, start + size).join('') };
  }
  if (reply.error !== undefined) throw failure(reply.error);
  yield { finish: 'stop' };
}

function failure(error: NonNullable<MockReply['error']>): HttpFailure {
  const headers = new Headers(
    error.retryAfter === undefined ? {} : { 'retry-after': String(error.retryAfter) },
  );
  return new HttpFailure(error.status ?? 500, error.message, headers);
}

/** One token a word. */
const countTokens = (text: string): number => text.match(/\S+/g)?.length ?? 0;

function beat(script: MockScript | ProviderError): Heartbeat {
  if (script instanceof ProviderError) {
    return { ok: false, latencyMs: 0, detail: script.message, remedy: script.remedy };
  }
  return { ok: true, latencyMs: 0, detail: `The mock script has ${script.replies.length} replies.` };
}

const peerOf = (config: Config): Peer => ({
  name: 'The mock provider',
  address: 'its script',
  secrets: secretsOf(config),
  authRemedy: 'The script asked for this error.',
  unreachableRemedy: 'The script asked for this error.',
  modelRemedy: () => 'The script asked for this error.',
});
