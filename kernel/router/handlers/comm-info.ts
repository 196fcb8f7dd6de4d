import type { ReplyContents, RequestContent } from '../../protocol/messages.ts';

import type { HandlerContext } from './context.ts';

/** The comms of widgets that are open. */
export const commInfo = async (
  { target_name }: RequestContent<'comm_info_request'>,
  { session }: HandlerContext,
): Promise<ReplyContents['comm_info_request']> => ({
  status: 'ok',
  comms: { ...(await session()).comms.list(target_name ?? undefined) },
});
