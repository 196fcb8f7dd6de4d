import { estimateTokens } from '../economy/estimate.ts';
import type { GenerateRequest } from '../providers/contract.ts';

type Request = Omit<GenerateRequest, 'signal'>;

/** A turn that quotes more closing tags than this ends at the next. */
export const maxContinuations = 8;

const goOn =
  'Your reply was cut off at the quoted closing tag, with which it ends now. Go on right after it: write only what comes ' +
  'next, and repeat nothing.';

/** The call that goes on from a turn's text; `undefined` where its tokens are used up. */
export function continued(request: Request, text: string, canBegin: boolean): Request | undefined {
  const maxTokens = request.maxTokens - estimateTokens(text);
  if (maxTokens < 1) return undefined;
  if (canBegin) return { ...request, maxTokens, begin: text };
  const messages = [
    ...request.messages,
    { role: 'assistant', content: text } as const,
    { role: 'user', content: goOn } as const,
  ];
  return { ...request, maxTokens, messages };
}
