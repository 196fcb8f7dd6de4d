import type { ZodType } from 'zod';
import type { Worker } from './contract.ts';
import { completionReply, glanceReply, inspectionReply, namesReply } from './messages.ts';
import type { WorkerProcess } from './worker-process.ts';
import { settledWithin } from './worker-time.ts';

/** An editor's question waits so long for the session's process before a copy of it is asked. */
export const turnMs = 250;

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

/** Asks a copy of the newest snapshot; nothing answers where the process has not started yet. */
export async function askAside<T>(
  starting: Promise<WorkerProcess> | undefined,
  question: Readonly<Record<string, unknown>>,
  schema: ZodType<T>,
): Promise<T | undefined> {
  const started = starting?.catch(() => undefined);
  const process = started && (await settledWithin(started, turnMs));
  return schema.safeParse(await process?.askAside(question)).data;
}
