import type { ChatImage } from '../providers/contract.ts';
import type { LoopEvent } from './events.ts';

/** What the model can take of that which a prompt points at. */
export interface GivenRoom {
  /** Of one thing. */
  readonly chars: number;
  /** Of all together. */
  readonly allChars: number;
  /** Whether it is given images. */
  readonly sees: boolean;
}

/** A piece of the user's message that goes before the prompt's words: a `<result>` block, or a word of ours. */
export interface GivenPart {
  readonly kind: 'result' | 'note';
  readonly text: string;
  readonly images?: readonly ChatImage[];
}

/** What goes with a prompt because it points at it. */
export interface Given {
  readonly parts: readonly GivenPart[];
  /** For the reader, in order. */
  readonly events: readonly Extract<LoopEvent, { type: 'given' | 'notice' }>[];
  /** Files that the model has been shown, as they are written in the prompt: an answer about them is no guess. */
  readonly seen: readonly string[];
}
