import type { ReplyContents } from '../../protocol/messages.ts';
import type { HandlerContext } from './context.ts';

/** Stops the running cell and aborts those that wait. */
export function interrupt({ interrupt }: HandlerContext): ReplyContents['interrupt_request'] {
  interrupt();
  return { status: 'ok' };
}
