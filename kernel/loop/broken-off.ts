import type { Entry } from './compaction.ts';
import { closingTag } from './grammar.ts';

/** What was going on when these messages were the last: a helper, or the reply to a prompt or a helper's result. */
export function brokenOffIn(entries: readonly Entry[]): 'helper' | 'reply' | undefined {
  const last = entries.at(-1);
  const end = last?.parts.at(-1);
  if (last?.role === 'assistant') {
    return end?.text.trimEnd().endsWith(closingTag) === true ? 'helper' : undefined;
  }
  // A result in a cell of its own is that of the user's code.
  const isUsersCode = end?.kind === 'result' && last?.cell !== entries.at(-2)?.cell;
  return last === undefined || isUsersCode ? undefined : 'reply';
}

export const lostResult = '<result status="died">\n(the session ended while this ran)\n</result>';
