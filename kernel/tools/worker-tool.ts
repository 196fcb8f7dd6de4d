import type { SessionWorker } from '../sandbox/session-worker.ts';
import type { ToolPlugin, Validation } from './contract.ts';

interface WorkerLanguage {
  readonly name: 'python' | 'bash';
  readonly aliases: readonly string[];
  /** One line for the model. */
  readonly description: string;
  /** Memory stays between blocks. */
  readonly stateful: boolean;
}

/** A tool whose code runs in the session's worker, which also judges its syntax. */
export function createWorkerTool(worker: SessionWorker, language: WorkerLanguage): ToolPlugin {
  const { name, aliases, description, stateful } = language;
  return {
    name,
    aliases,
    execute: (code, context) => worker.execute({ code, language: name, ...context }),
    getCapabilities: () => ({ description, stateful }),
    validateCode: async (code): Promise<Validation> => {
      if (code.trim() === '') return { ok: false, problem: 'There is no code in it.' };
      if (code.includes('\0')) return { ok: false, problem: 'It has a NUL character in it.' };
      const complaint = await worker.check(code, name);
      return complaint === undefined
        ? { ok: true }
        : { ok: false, problem: `It was not run, because of its syntax:\n${complaint}` };
    },
  };
}
