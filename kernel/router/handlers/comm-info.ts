import type { ReplyContents, RequestContent } from '../../protocol/messages.ts';

import type { HandlerContext } from './context.ts';

/** The comms of widgets that are open. */
export const commInfo = (
  { target_name }: RequestContent<'comm_info_request'>,
  { comms }: HandlerContext,
): ReplyContents['comm_info_request'] => ({
  status: 'ok',
  comms: { ...comms.list(target_name ?? undefined) },
});
