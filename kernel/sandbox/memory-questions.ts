import type { Looks } from './contract.ts';
import { looksReply, mostLooks, variablesReply } from './messages.ts';
import type { SessionWorker } from './session-worker.ts';
import type { Ask } from './worker-questions.ts';

/**
 * What the loop and prompts ask of the session's memory.
 * @param isRunning whether there is a process to ask
 */
export function memoryOf(ask: Ask, isRunning: () => boolean): Pick<SessionWorker, 'variables' | 'look'> {
  return {
    variables: async () =>
      (isRunning() ? await ask({ kind: 'variables' }, variablesReply) : undefined)?.variables ?? [],
    look: async (paths, room) => {
      if (!isRunning()) return nothingSeen(paths);
      const asked = paths.slice(0, mostLooks.paths);
      const question = { kind: 'looks', paths: asked, room: Math.min(room, mostLooks.characters) };
      const found = await ask(question, looksReply);
      return found?.looks.length === asked.length ? found : undefined;
    },
  };
}

/** What a look finds where no process runs. */
const nothingSeen = (paths: readonly unknown[]): Looks => ({
  looks: paths.map(() => ({ status: 'unknown', names: [] })),
  names: [],
});
