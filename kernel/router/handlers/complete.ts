import type { ReplyContents, ReplyJson, RequestContent } from '../../protocol/messages.ts';
import type { CompletionResult } from '../../sandbox/contract.ts';
import { codePoints } from './context.ts';
import type { HandlerContext } from './context.ts';

/** Completes what stands before the cursor. */
export async function complete(
  { code, cursor_pos }: RequestContent<'complete_request'>,
  { session }: HandlerContext,
): Promise<ReplyContents['complete_request']> {
  const { matches, kinds, cursorStart, cursorEnd } = await (
    await session()
  ).interpreter.complete(code, cursor_pos ?? codePoints(code));
  return {
    status: 'ok',
    matches: [...matches],
    cursor_start: cursorStart,
    cursor_end: cursorEnd,
    metadata:
      kinds === undefined
        ? {}
        : { _jupyter_types_experimental: withTypes(matches, kinds, cursorStart, cursorEnd) },
  };
}

/** As ipykernel says what each match is. */
const withTypes = (
  matches: CompletionResult['matches'],
  kinds: NonNullable<CompletionResult['kinds']>,
  start: number,
  end: number,
): ReplyJson[] =>
  matches.map((text, index) => {
    const { kind = '', signature = '' } = kinds[index] ?? {};
    return { start, end, text, type: kind, signature };
  });
