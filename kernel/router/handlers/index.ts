import type { KnownRequest, ReplyContents } from '../../protocol/messages.ts';
import { commInfo } from './comm-info.ts';
import { complete } from './complete.ts';
import { connect } from './connect.ts';
import type { HandlerContext } from './context.ts';
import { debug } from './debug.ts';
import { history } from './history.ts';
import { inspect } from './inspect.ts';
import { interrupt } from './interrupt.ts';
import { isComplete } from './is-complete.ts';
import { kernelInfo } from './kernel-info.ts';
import { shutdown } from './shutdown.ts';
import { createSubshell, deleteSubshell, listSubshells } from './subshell.ts';

/** Requests that are answered at once, beside a running cell; cells have a queue of their own. */
export type ImmediateRequest = Exclude<KnownRequest, { msg_type: 'execute_request' }>;

/** The content of the answer to a request. */
export async function answer(
  request: ImmediateRequest,
  context: HandlerContext,
): Promise<ReplyContents[ImmediateRequest['msg_type']]> {
  switch (request.msg_type) {
    case 'kernel_info_request':
      return kernelInfo(context);
    case 'is_complete_request':
      return isComplete(request.content, context);
    case 'complete_request':
      return complete(request.content, context);
    case 'inspect_request':
      return inspect(request.content, context);
    case 'history_request':
      return history(request.content, context);
    case 'comm_info_request':
      return commInfo(request.content, context);
    case 'connect_request':
      return connect(context);
    case 'debug_request':
      return debug(request.content);
    case 'interrupt_request':
      return interrupt(context);
    case 'create_subshell_request':
      return createSubshell(context);
    case 'delete_subshell_request':
      return deleteSubshell(request.content, context);
    case 'list_subshell_request':
      return listSubshells(context);
    case 'shutdown_request':
      return shutdown(request.content, context);
  }
}
