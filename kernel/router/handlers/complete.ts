import type { ReplyContents, RequestContent } from '../../protocol/messages.ts';
import { codePoints } from './context.ts';
import type { HandlerContext } from './context.ts';

/** Completes what stands before the cursor. */
export async function complete(
  { code, cursor_pos }: RequestContent<'complete_request'>,
  { session }: HandlerContext,
): Promise<ReplyContents['complete_request']> {
  const { matches, cursorStart, cursorEnd } = await (
    await session()
  ).interpreter.complete(code, cursor_pos ?? codePoints(code));
  return {
    status: 'ok',
    matches: [...matches],
    cursor_start: cursorStart,
    cursor_end: cursorEnd,
    metadata: {},
  };
}
