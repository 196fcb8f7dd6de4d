import type { ZodType } from 'zod';
import type { Bundle, CompletionResult, Looks, Variable, Worker } from './contract.ts';
import {
  completenessReply,
  completionReply,
  inspectionReply,
  looksReply,
  mostLooks,
  variablesReply,
} from './messages.ts';

/** Puts a question to the process; `undefined` when there is no answer in time. */
export type Ask = (question: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** See `Worker.complete`. */
export async function complete(ask: Ask, code: string, cursor: number): Promise<CompletionResult> {
  const found = await answer(ask, { kind: 'complete', code, cursor }, completionReply);
  return found ?? { matches: [], cursorStart: cursor, cursorEnd: cursor };
}

/** See `Worker.inspect`. */
export async function inspect(
  ask: Ask,
  code: string,
  cursor: number,
  detail: 0 | 1,
): Promise<Bundle | undefined> {
  return (await answer(ask, { kind: 'inspect', code, cursor, detail }, inspectionReply))?.data;
}

/** See `Worker.isComplete`. */
export async function isComplete(ask: Ask, code: string): ReturnType<Worker['isComplete']> {
  const reply = await answer(ask, { kind: 'is_complete', code }, completenessReply);
  if (reply === undefined) return { status: 'invalid' };
  return { status: reply.status, ...(reply.indent === undefined ? {} : { indent: reply.indent }) };
}

/** See `SessionWorker.variables`. */
export async function variables(ask: Ask): Promise<readonly Variable[]> {
  return (await answer(ask, { kind: 'variables' }, variablesReply))?.variables ?? [];
}

/** What a look finds where no process runs. */
export const nothing = (paths: readonly unknown[]): Looks => ({
  looks: paths.map(() => ({ status: 'unknown', names: [] })),
  names: [],
});

/** See `SessionWorker.look`. */
export async function look(
  ask: Ask,
  paths: readonly (readonly string[])[],
  room: number,
): Promise<Looks | undefined> {
  const asked = paths.slice(0, mostLooks.paths);
  const question = { kind: 'looks', paths: asked, room: Math.min(room, mostLooks.characters) };
  const found = await answer(ask, question, looksReply);
  return found?.looks.length === asked.length ? found : undefined;
}

async function answer<T>(
  ask: Ask,
  question: Readonly<Record<string, unknown>>,
  schema: ZodType<T>,
): Promise<T | undefined> {
  const parsed = schema.safeParse(await ask(question));
  return parsed.success ? parsed.data : undefined;
}
