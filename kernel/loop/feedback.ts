import type { TurnTrace } from './stop/contract.ts';
import { teach } from './teaching.ts';
import type { TurnOutcome } from './turn.ts';

/** What is said about a turn that has no helper and is no answer, or is one that was cut. */
export interface Feedback {
  /** To the model, in the conversation. */
  readonly note?: string;
  /** To the reader, in the cell. */
  readonly notice?: string;
}

/** What to say about a turn of this kind. */
export function feedbackOn(
  kind: TurnTrace['kind'],
  { verdict, stop }: TurnOutcome,
  languages: readonly string[],
  maxTokens: number,
): Feedback {
  switch (kind) {
    case 'helper':
    case 'refused':
      return {};
    case 'final':
      if (stop !== 'length') return {};
      return {
        notice: `The answer was cut off at ${String(maxTokens)} tokens. To allow more, set REPLIQUE_MAX_TOKENS.`,
      };
    case 'empty':
      return { note: 'Your reply was empty. Please answer.' };
    case 'invented':
    case 'fence':
    case 'wrapped':
    case 'gave-up':
    case 'unfounded':
    case 'unlooked':
      return { note: teach(kind), notice: notices[kind] };
    case 'malformed':
      return {
        ...(verdict.kind === 'malformed' && { note: teach(verdict.malformation, languages) }),
        notice: 'The model’s helper block was not in the right form and did not run; it was told why.',
      };
  }
}

const notices = {
  invented: 'The model wrote a result of its own making; it was told that it is not real.',
  fence: 'The model showed code without running it; it was told how to run it.',
  wrapped: 'The model put its helper block into a fence, where nothing runs; it was told so.',
  'gave-up': 'The model stopped at an error; it was asked to try once more.',
  unfounded: 'The model’s answer had numbers that no result says; it was asked to compute them.',
  unlooked: 'The model answered about a file without looking into it; it was asked to look.',
} as const;
