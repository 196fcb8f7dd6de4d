import type { ReplyContents, ReplyJson, RequestContent } from '../../protocol/messages.ts';
import { codePoints } from './context.ts';
import type { HandlerContext } from './context.ts';

/** Shows the documentation of what the cursor stands on. */
export async function inspect(
  { code, cursor_pos, detail_level }: RequestContent<'inspect_request'>,
  { session }: HandlerContext,
): Promise<ReplyContents['inspect_request']> {
  const data = await (
    await session()
  ).interpreter.inspect(code, cursor_pos ?? codePoints(code), detail_level);
  return { status: 'ok', found: data !== undefined, data: (data ?? {}) as ReplyJson, metadata: {} };
}
