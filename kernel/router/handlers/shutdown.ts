import type { ReplyContents, RequestContent } from '../../protocol/messages.ts';
import type { HandlerContext } from './context.ts';

/** Ends the session; the reply says that it has ended. */
export async function shutdown(
  { restart }: RequestContent<'shutdown_request'>,
  { endSession }: HandlerContext,
): Promise<ReplyContents['shutdown_request']> {
  await endSession(restart);
  return { status: 'ok', restart };
}
