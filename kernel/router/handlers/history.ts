import type { ReplyContents, RequestContent } from '../../protocol/messages.ts';
import type { HandlerContext } from './context.ts';

/** What was run here and in earlier kernels, as far as it is kept. */
export async function history(
  content: RequestContent<'history_request'>,
  { session }: HandlerContext,
): Promise<ReplyContents['history_request']> {
  const found = await (await session()).history?.find(content);
  return { status: 'ok', history: found ?? [] };
}
