import { estimateMessages } from '../economy/estimate.ts';
import type { ChatMessage, ModelInfo, Usage } from '../providers/contract.ts';
import type { Conversation } from './conversation.ts';
import type { CompactionCounts } from './events.ts';
import type { GivenRoom } from './given.ts';

/** A compaction frees at least this share of the room, so that the prefix then stays for a while. */
const target = 0.7;

/** What fills a model's context. */
export interface ContextUse {
  readonly parts: readonly { readonly what: string; readonly tokens: number }[];
  readonly contextLength: number;
  /** The provider does not tell the length. */
  readonly isGuess: boolean;
  /** Kept free for the reply. */
  readonly maxTokens: number;
}

/** Keeps a conversation within a model's context. Counts are estimates, corrected by what the provider says. */
export class ContextWindow {
  readonly #contextLength: number;
  readonly #isGuess: boolean;
  /** Most tokens that a turn may generate: as configured, but never more than half of the context. */
  readonly maxTokens: number;
  #scale = 1;

  /** Whether the model is given images. */
  readonly sees: boolean;

  constructor({ contextLength, contextLengthKnown, vision }: Omit<ModelInfo, 'id'>, maxTokens: number) {
    this.sees = vision;
    this.#contextLength = contextLength;
    this.#isGuess = !contextLengthKnown;
    this.maxTokens = Math.max(1, Math.min(maxTokens, Math.floor(contextLength / 2)));
  }

  /** Whether it was made for such a model. */
  isFor({ contextLength, contextLengthKnown, vision }: Omit<ModelInfo, 'id'>): boolean {
    const isSameLength = contextLength === this.#contextLength && contextLengthKnown !== this.#isGuess;
    return isSameLength && vision === this.sees;
  }

  /** How many characters of one result the model is given: about an eighth of the context. */
  get resultChars(): number {
    return Math.min(8000, Math.max(1200, Math.floor((this.#contextLength * 3.5) / 8)));
  }

  /** What the model can take of that which a prompt points at: one thing as much as a result, all as much as two. */
  get givenRoom(): GivenRoom {
    return { chars: this.resultChars, allChars: 2 * this.resultChars, sees: this.sees };
  }

  /** Compacts the conversation where it must, or where a long cell would pay for it; what was done, with a sentence, and whether it fits now. */
  makeRoom(
    conversation: Conversation,
    keep?: (text: string) => string | undefined,
  ): { readonly fits: boolean; readonly compaction?: CompactionCounts & { readonly text: string } } {
    const room = this.#contextLength - this.maxTokens;
    const within = (share: number) => (messages: readonly ChatMessage[]) =>
      estimateMessages(messages) * this.#scale <= room * share;
    const economised = conversation.economise(keep);
    if (within(1)(conversation.messages())) {
      if (economised === 0) return { fits: true };
      const text = `A long cell: ${String(economised)} older results were shortened for the model.`;
      const counts = { shortened: economised, summarisedCells: 0, shortenedPrompts: 0 };
      return { fits: true, compaction: { ...counts, text } };
    }
    // Nothing that could be left out would help: the older cells are kept for the next prompt.
    if (!within(1)(conversation.newest())) return { fits: false };
    const counts = conversation.compact(within(target), keep);
    const fits = within(1)(conversation.messages());
    const done = sentences(counts);
    if (done.length === 0) return { fits };
    const context = String(this.#contextLength);
    const text = `The conversation outgrew the model’s context of ${context} tokens: ${done.join(', ')}.`;
    return { fits, compaction: { ...counts, text } };
  }

  /** What the next call would send, part by part, as it is counted here. */
  use(conversation: Conversation): ContextUse {
    const parts = conversation
      .parts()
      .map(({ what, messages }) => ({ what, tokens: Math.round(estimateMessages(messages) * this.#scale) }));
    return {
      parts,
      contextLength: this.#contextLength,
      isGuess: this.#isGuess,
      maxTokens: this.maxTokens,
    };
  }

  /** Learns from the provider's own count of a request. */
  learn(messages: readonly ChatMessage[], usage: Usage): void {
    const estimate = estimateMessages(messages);
    if (usage.estimated || usage.inputTokens === 0 || estimate === 0) return;
    this.#scale = Math.min(3, Math.max(0.5, usage.inputTokens / estimate));
  }

  /** The provider said that a request was too long: counts from now on are taken for half as much again. */
  tighten(): void {
    this.#scale *= 1.5;
  }
}

function sentences({ shortened, summarisedCells, shortenedPrompts }: CompactionCounts): readonly string[] {
  return [
    ...(shortened > 0 ? [`older results were shortened (${String(shortened)})`] : []),
    ...(summarisedCells > 0
      ? [`of older cells (${String(summarisedCells)}) the model sees your words and how it answered`]
      : []),
    ...(shortenedPrompts > 0
      ? [`long prompts of older cells were shortened (${String(shortenedPrompts)})`]
      : []),
  ];
}
