import type { ReplyContents, RequestContent } from '../../protocol/messages.ts';
import type { HandlerContext } from './context.ts';

type Context = Pick<HandlerContext, 'subshells'>;

/** Makes a subshell, whose cells run beside the others. @throws Error where there are too many */
export function createSubshell({ subshells }: Context): ReplyContents['create_subshell_request'] {
  return { status: 'ok', subshell_id: subshells.create() };
}

/** Ends a subshell. @throws Error where there is no such one */
export function deleteSubshell(
  { subshell_id }: RequestContent<'delete_subshell_request'>,
  { subshells }: Context,
): ReplyContents['delete_subshell_request'] {
  subshells.delete(subshell_id);
  return { status: 'ok' };
}

/** Names the subshells that there are. */
export function listSubshells({ subshells }: Context): ReplyContents['list_subshell_request'] {
  return { status: 'ok', subshell_id: subshells.list() };
}
