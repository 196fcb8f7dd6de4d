import type { ReplyContents } from '../../protocol/messages.ts';
import type { HandlerContext } from './context.ts';

/** Says where the kernel listens. */
export const connect = ({ ports }: Pick<HandlerContext, 'ports'>): ReplyContents['connect_request'] => ({
  status: 'ok',
  ...ports,
});
