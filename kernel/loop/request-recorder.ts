import type { ChatImage } from '../providers/contract.ts';
import type { Conversation } from './conversation.ts';
import type { TapedImage, TapedRequest } from './events.ts';
import type { GivenRoom } from './given.ts';
import { sha256 } from './key.ts';

/** Says what each request of one cell adds to the conversation, for the tape. Made before the cell says anything. */
export class RequestRecorder {
  readonly #conversation: Conversation;
  readonly #before: string;
  /** As many parts of the unanswered message are told elsewhere. */
  #told: number;
  #isFirst = true;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
    this.#before = conversation.trail.value;
    this.#told = conversation.unanswered().length;
  }

  /** What is asked next. @param room what the model can take of that which a prompt points at */
  request(room: GivenRoom): TapedRequest {
    const parts = this.#conversation.unanswered().slice(this.#told);
    const given = parts.map(({ kind, text, images = [] }) => ({
      ...{ kind, text },
      ...(images.length > 0 && { images: tapedImages(images) }),
    }));
    const pointsAtSomething = this.#isFirst && parts.some(({ kind }) => kind === 'result');
    return { conversation: this.#before, given, ...(pointsAtSomething && { room }) };
  }

  /** The model has answered: what it is given from here on is asked next. */
  answered(): void {
    this.#isFirst = false;
    this.#told = 0;
  }

  /** A helper’s result was given: it is told with the helper. */
  ran(): void {
    this.#told = 1;
  }
}

export const tapedImages = (images: readonly ChatImage[]): readonly TapedImage[] =>
  images.map(({ mime, data }) => ({ mime, sha256: sha256(data) }));
