import { chatTokens, speaksChatMl, TokenText } from './chat.ts';
import type { Llama, LlamaContext, LlamaModel, LlamaSequence, Token } from './llama.ts';
import { Pacing, type Pace } from './pace.ts';
import type { failureKinds, HostGenerate, HostUsage } from './protocol.ts';
import { stopFilter } from '../stop-filter.ts';
import { checkOwnFile } from './weights-check.ts';

/** Tokens of one conversation, input and output; less where a model was trained on less. */
export const contextTokens = 8192;

/** Conversations whose state is kept. */
const sequences = 2;

/** Tokens of a prompt that are read at once; between two portions an abort is heeded. */
const portion = 64;

/** Longest time that weights may take to load. */
const loadMs = 300_000;

/** A request that failed for a reason that its sender should learn. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly kind: (typeof failureKinds)[number];

  constructor(kind: (typeof failureKinds)[number], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

interface Slot {
  readonly sequence: LlamaSequence;
  conversation: string | undefined;
  lastUse: number;
}

interface Loaded {
  readonly path: string;
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly slots: readonly Slot[];
  readonly pacing: Pacing;
}

interface Generation {
  readonly signal: AbortSignal;
  readonly onText: (text: string, usage: HostUsage) => void;
}

/** One model in memory at a time, and generations on it, one after the other: the caller sees to that. */
export class Engine {
  readonly #startLlama: () => Promise<Llama>;
  readonly #threads: number;
  #llama: Llama | undefined;
  #loaded: Loaded | undefined;
  #uses = 0;

  /** @param threads to compute with; 0: as many as turn out to be fastest */
  constructor(startLlama: () => Promise<Llama>, threads: number) {
    this.#startLlama = startLlama;
    this.#threads = threads;
  }

  /** Is this the model in memory? */
  isLoaded(path: string): boolean {
    return this.#loaded?.path === path;
  }

  /** Loads the model, in place of another. Returns the tokens that fit into its context. */
  async load(path: string): Promise<number> {
    return (await this.#load(path)).context.contextSize;
  }

  /**
   * Answers a conversation. Aborted, it returns early, between two tokens or two portions of the prompt.
   * @throws EngineError
   */
  async generate(
    request: HostGenerate,
    { signal, onText }: Generation,
  ): Promise<{ reason: 'stop' | 'length'; usage: HostUsage }> {
    const { model, context, slots, pacing } = await this.#load(request.path);
    const prompt = chatTokens(model, request.messages, request.begin);
    const room = context.contextSize - prompt.length - 1;
    if (room < 1) throw tooLong(prompt.length, context.contextSize);
    const slot = this.#slotFor(slots, request.conversation);
    const cachedTokens = await align(slot.sequence, prompt);
    const usage = { inputTokens: prompt.length, outputTokens: 0, cachedTokens };
    onText('', usage);
    const rest = await readPrompt(slot.sequence, prompt.slice(cachedTokens), pacing, signal);
    if (rest === undefined) return { reason: 'stop', usage };
    const text = new TokenText(model, prompt);
    const filter = stopFilter(request.stop);
    const most = Math.min(request.maxTokens, room);
    const seed = request.seed === undefined ? {} : { seed: request.seed };
    const sampling = { temperature: request.temperature, topK: 40, topP: 0.95, ...seed };
    let pace: Pace | undefined;
    for await (const token of slot.sequence.evaluate(rest, sampling)) {
      // The first token also took the end of the prompt.
      if (pace) pace.step(1);
      else pace = pacing.start('token');
      usage.outputTokens += 1;
      onText(filter.push(text.push(token)), usage);
      if (filter.stopped || signal.aborted) return { reason: 'stop', usage };
      if (usage.outputTokens < most) continue;
      onText(filter.push(text.flush()) + filter.flush(), usage);
      return { reason: 'length', usage };
    }
    onText(filter.push(text.flush()) + filter.flush(), usage);
    return { reason: 'stop', usage };
  }

  /** Computes one token and forgets it: the conversation that was evaluated there stays usable. */
  async ping(path: string): Promise<void> {
    const { model, slots } = await this.#load(path);
    const { sequence } = leastRecent(slots);
    const [token] = model.tokenize('OK', false);
    if (token === undefined) throw new EngineError('server', 'The model has an empty vocabulary.');
    const start = sequence.nextTokenIndex;
    if (start + 2 > contextTokens) await sequence.clearHistory();
    const from = sequence.nextTokenIndex;
    // eslint-disable-next-line @typescript-eslint/no-unused-vars
    for await (const _ of sequence.evaluate([token], { temperature: 0, topK: 1, topP: 1 })) break;
    await sequence.eraseContextTokenRanges([{ start: from, end: sequence.nextTokenIndex }]);
  }

  /** Frees the model. The library itself stays: after a file that it could not load it never lets go. */
  dispose(): Promise<void> {
    return this.#unload();
  }

  async #load(path: string): Promise<Loaded> {
    if (this.#loaded?.path === path) return this.#loaded;
    await this.#unload();
    await checkOwnFile(path).catch((error: unknown) => {
      throw new EngineError('setup', (error as Error).message, { cause: error });
    });
    const llama = (this.#llama ??= await this.#startLlama());
    const loadSignal = AbortSignal.timeout(loadMs);
    const model = await llama.loadModel({ modelPath: path, loadSignal }).catch((error: unknown) => {
      throw new EngineError('setup', `The model file ${path} can't be loaded: ${firstLine(error)}`, {
        cause: error,
      });
    });
    try {
      this.#loaded = await this.#open(path, model, llama);
      return this.#loaded;
    } catch (error) {
      await model.dispose();
      throw error;
    }
  }

  async #open(path: string, model: LlamaModel, llama: Llama): Promise<Loaded> {
    if (!speaksChatMl(model)) {
      throw new EngineError('setup', `The model ${path} does not speak the chat format ChatML.`);
    }
    const contextSize = Math.min(contextTokens, model.trainContextSize);
    const pacing = new Pacing(llama, this.#threads);
    const context = await model
      .createContext({ contextSize, sequences, threads: pacing.most, failedCreationRemedy: false })
      .catch((error: unknown) => {
        throw new EngineError('server', `There is not enough memory for the model: ${firstLine(error)}`, {
          cause: error,
        });
      });
    const slots = Array.from({ length: sequences }, () => ({
      sequence: context.getSequence(),
      conversation: undefined,
      lastUse: 0,
    }));
    return { path, model, context, slots, pacing };
  }

  async #unload(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    await loaded?.context.dispose();
    await loaded?.model.dispose();
  }

  #slotFor(slots: readonly Slot[], conversation: string): Slot {
    const slot = slots.find((each) => each.conversation === conversation) ?? leastRecent(slots);
    slot.conversation = conversation;
    slot.lastUse = ++this.#uses;
    return slot;
  }
}

function leastRecent(slots: readonly Slot[]): Slot {
  return slots.reduce((oldest, slot) => (slot.lastUse < oldest.lastUse ? slot : oldest));
}

/** Keeps of the sequence what the prompt begins with; returns how many tokens that is, at most all but one. */
async function align(sequence: LlamaSequence, prompt: readonly Token[]): Promise<number> {
  const common = sequence.compareContextTokens(prompt).firstDifferentIndex;
  const keep = Math.min(common, prompt.length - 1);
  const end = sequence.nextTokenIndex;
  if (keep < end) await sequence.eraseContextTokenRanges([{ start: keep, end }]);
  if (sequence.nextTokenIndex !== keep) await sequence.clearHistory();
  return sequence.nextTokenIndex;
}

/** Evaluates the prompt in portions, all but the last, which it returns; undefined if it was aborted. */
async function readPrompt(
  sequence: LlamaSequence,
  tokens: readonly Token[],
  pacing: Pacing,
  signal: AbortSignal,
): Promise<readonly Token[] | undefined> {
  const pace = pacing.start('prompt');
  let start = 0;
  for (; start + portion < tokens.length; start += portion) {
    if (signal.aborted) return undefined;
    await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(start, start + portion));
    pace.step(portion);
  }
  return tokens.slice(start);
}

function tooLong(tokens: number, limit: number): EngineError {
  return new EngineError('overflow', `The conversation has ${tokens} tokens, of which ${limit} fit.`);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]?.slice(0, 500) ?? '';
}
