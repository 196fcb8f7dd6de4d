import type { Entry, Part } from './compaction.ts';
import { closingTag } from './grammar.ts';

/** The messages of a session, to be kept and taken up again. */
export interface Talk {
  readonly cell: number;
  /** Absent: it was written before there was one. */
  readonly trail?: string | undefined;
  readonly entries: readonly {
    readonly role: 'user' | 'assistant';
    readonly cell: number;
    readonly parts: readonly Readonly<Part>[];
  }[];
}

/** What was going on when these messages were the last: a helper, or the reply to a prompt or a helper's result. */
export function brokenOffIn(entries: readonly Entry[]): 'helper' | 'reply' | undefined {
  const last = entries.at(-1);
  if (last?.role === 'assistant') {
    return last.parts.at(-1)?.text.trimEnd().endsWith(closingTag) === true ? 'helper' : undefined;
  }
  const at = last?.parts.findLastIndex(({ kind }) => kind !== 'note') ?? -1;
  if (last === undefined || at === -1) return undefined;
  // A result in a cell of its own is that of the user's code.
  const isUsersCode = last.parts[at]?.kind === 'result' && last.cell !== entries.at(-2)?.cell;
  const isTold = last.parts.slice(at).some(({ text }) => text === endings.reply.text);
  return isUsersCode || isTold ? undefined : 'reply';
}

/** What ends a message that was broken off. */
export const endings: Readonly<Record<'helper' | 'reply', Pick<Part, 'kind' | 'text'>>> = {
  helper: {
    kind: 'result',
    text: '<result status="died">\n(the session ended while this ran)\n</result>',
  },
  reply: { kind: 'note', text: 'You did not answer this: the session ended.' },
};

/** The messages of an earlier session and those of this one, roles alternating. */
export function joined(earlier: readonly Entry[], mine: readonly Entry[]): Entry[] {
  const all = [...earlier];
  for (const { role, parts, ...rest } of mine) {
    const before = all.at(-1);
    if (before?.role === role) before.parts.push(...parts);
    else all.push({ role, parts, ...rest });
  }
  return all;
}
