import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';
import { dataDir, modelsDir, runtimeDir } from '../paths.ts';
import { ProviderError, type Provider } from './contract.ts';
import { askHost, type HostOptions } from './embedded/client.ts';
import { contextTokens } from './embedded/engine.ts';
import { offeredModels } from './embedded/models.ts';
import { preparationNotices } from './embedded/notices.ts';
import { isPrepared, prepareEmbedded, targetOf } from './embedded/prepare.ts';
import type { HostReply, HostRequest } from './embedded/protocol.ts';
import { runtimeEntry } from './embedded/runtime.ts';
import { checkOwnFile, checkSize } from './embedded/weights-check.ts';
import { generation, type Piece } from './generation.ts';

export { isPrepared, prepareEmbedded } from './embedded/prepare.ts';

/** What tests set; everyone else leaves it to the defaults. */
type EmbeddedOptions = Partial<Pick<HostOptions, 'script' | 'idleMs' | 'threads' | 'directory' | 'log'>>;

/**
 * A model on this machine's own processor, held by a host process that all of the user's kernels share. What it needs
 * is fetched on first use, with notices.
 */
export function create(config: Config, options: EmbeddedOptions = {}): Provider {
  const conversation = randomUUID();
  const ask = (request: HostRequest, signal: AbortSignal): AsyncGenerator<HostReply> =>
    askHost(request, { ...hostDefaults(), ...options }, signal);

  async function* answer(
    model: string,
    request: (path: string) => HostRequest,
    signal: AbortSignal,
  ): AsyncGenerator<Piece> {
    const target = targetOf(config, model);
    if (!(await isPrepared(config, model))) {
      yield* preparationNotices((onEvent) => prepareEmbedded(config, { onEvent, signal }, model));
    }
    for await (const reply of ask(request(target.file), signal)) yield* pieceOf(reply);
  }

  return {
    name: 'embedded',
    canBegin: true,
    isLocal: true,
    generate: (request) =>
      generation(request, {
        open: (signal) =>
          answer(
            request.model,
            (path) => ({
              type: 'generate',
              path,
              conversation,
              messages: [...request.messages],
              maxTokens: request.maxTokens,
              temperature: request.temperature,
              stop: request.stop.filter((stop) => stop !== ''),
              ...(request.seed === undefined ? {} : { seed: request.seed >>> 0 }),
              ...(request.begin === undefined ? {} : { begin: request.begin }),
            }),
            signal,
          ),
        explain,
      }),
    async modelInfo(model, signal) {
      const { id, file, own } = targetOf(config, model);
      const guess = { id, vision: false, contextLength: contextTokens, contextLengthKnown: !own };
      if (!own || !(await isPrepared(config, model))) return guess;
      try {
        for await (const reply of ask({ type: 'info', path: file }, signal)) {
          if (reply.type === 'info')
            return { ...guess, contextLength: reply.contextLength, contextLengthKnown: true };
          failIfFailed(reply);
        }
      } catch (error) {
        throw explain(error);
      }
      throw explain(new Error('the host left'));
    },
    listModels: () =>
      Promise.resolve(config.modelPath === undefined ? offeredModels() : [targetOf(config, undefined).id]),
    async heartbeat(model, signal) {
      const start = performance.now();
      const latencyMs = (): number => Math.round(performance.now() - start);
      try {
        const target = targetOf(config, model);
        const { id, file } = target;
        if (target.own) await checkOwnFile(file);
        else await checkSize(file, target.spec);
        if (!(await isPrepared(config, model))) {
          const remedy = 'Run `npm start` or `npx replique setup`, which fetches it.';
          return {
            ok: false,
            latencyMs: latencyMs(),
            detail: `The embedded model ${id} is not here yet.`,
            remedy,
          };
        }
        for await (const reply of ask({ type: 'ping', path: file }, signal)) {
          failIfFailed(reply);
          if (reply.type !== 'pong') continue;
          return { ok: true, latencyMs: latencyMs(), detail: `The embedded model ${id} computed a token.` };
        }
        signal.throwIfAborted();
        throw new Error('the host left');
      } catch (error) {
        if (signal.aborted) {
          const detail = 'The embedded model did not answer in time.';
          return { ok: false, latencyMs: latencyMs(), detail, remedy: 'Check again.' };
        }
        const { message, remedy } = explain(error);
        return { ok: false, latencyMs: latencyMs(), detail: message, remedy };
      }
    },
    close: () => Promise.resolve(),
  };
}

function hostDefaults(): HostOptions {
  return {
    directory: runtimeDir(),
    script: hostScript(),
    runtime: runtimeEntry(dataDir()),
    log: join(modelsDir(), 'host.log'),
    idleMs: 600_000,
    threads: 0,
  };
}

/** Beside the bundle; where the sources run, the bundle's. */
function hostScript(): string {
  const beside = fileURLToPath(new URL('./model-host.js', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../dist/model-host.js', import.meta.url));
}

const waitingTexts = {
  queue: 'The embedded model is busy with another request: waiting.',
  model: 'Loading the embedded model.',
} as const;

function* pieceOf(reply: HostReply): Generator<Piece> {
  failIfFailed(reply);
  if (reply.type === 'waiting') yield { notice: waitingTexts[reply.reason] };
  else if (reply.type === 'text') yield { text: reply.text, usage: { ...reply.usage, estimated: false } };
  else if (reply.type === 'done') {
    yield { finish: reply.reason, usage: { ...reply.usage, estimated: false } };
  }
}

function failIfFailed(reply: HostReply): void {
  if (reply.type !== 'failed') return;
  throw new ProviderError(reply.kind, reply.message, remedies[reply.kind]);
}

const remedies = {
  overflow: 'Restart the kernel to begin a new conversation, or use a provider with a larger context.',
  setup: 'Remove the model file and run `npx replique setup`, or set REPLIQUE_MODEL_PATH to a ChatML model.',
  server: 'Run the cell again; if it stays so, close other programs or use the model `tiny`.',
  'bad-request': 'Restart the kernel.',
} as const;

function explain(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  return new ProviderError(
    'stream-broken',
    'The model host broke off its answer.',
    `Run the cell again: it starts anew. Its log is ${join(modelsDir(), 'host.log')}.`,
    { cause: error },
  );
}
