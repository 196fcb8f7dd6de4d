import type { ReplyContents, RequestContent } from '../../protocol/messages.ts';
import type { HandlerContext } from './context.ts';

/** Says whether a console should run what was typed or wait for more. */
export async function isComplete(
  { code }: RequestContent<'is_complete_request'>,
  { session }: HandlerContext,
): Promise<ReplyContents['is_complete_request']> {
  const { status, indent } = await (await session()).interpreter.isComplete(code);
  return status === 'incomplete' ? { status, indent: indent ?? '' } : { status };
}
