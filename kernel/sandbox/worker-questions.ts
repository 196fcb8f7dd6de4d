import type { ZodType } from 'zod';
import type { Worker } from './contract.ts';
import { completionReply, glanceReply, inspectionReply, namesReply } from './messages.ts';

/** Asks the worker; `undefined` where there is no answer. */
export type Ask = <T>(
  question: Readonly<Record<string, unknown>>,
  schema: ZodType<T>,
) => Promise<T | undefined>;

/** What an editor asks of the session's memory. */
export function questionsTo(ask: Ask): Pick<Worker, 'complete' | 'inspect' | 'names' | 'glance'> {
  return {
    complete: async (code, cursorPos) => {
      const reply = await ask({ kind: 'complete', code, cursor: cursorPos }, completionReply);
      if (reply === undefined) return { matches: [], cursorStart: cursorPos, cursorEnd: cursorPos };
      const { matches, ...place } = reply;
      return { matches: matches.map(({ text }) => text), kinds: matches, ...place };
    },
    inspect: async (code, cursorPos, detailLevel) => {
      const question = { kind: 'inspect', code, cursor: cursorPos, detail: detailLevel };
      return (await ask(question, inspectionReply))?.data;
    },
    names: async (path, prefix) => (await ask({ kind: 'names', path, prefix }, namesReply))?.names ?? [],
    glance: async (path) => (await ask({ kind: 'glance', path }, glanceReply))?.text,
  };
}
