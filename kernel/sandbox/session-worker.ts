import type { Looks, Variable, Worker } from './contract.ts';
import { RestartingWorker } from './restarting-worker.ts';
import type { WorkerOptions } from './worker-options.ts';

/** The worker of a session; it can also say what is wrong with code that has not run. */
export interface SessionWorker extends Worker {
  /** The compiler's complaint with line and caret; `undefined` where it has none, or there is no word. Nothing is executed. */
  check(code: string, language: 'python' | 'bash'): Promise<string | undefined>;
  /** What helpers left in memory, the newest last; nothing where no process runs. */
  variables(): Promise<readonly Variable[]>;
  /**
   * Views of variables and their attributes, of about `room` characters each; nothing of helpers' own code is run.
   * There are none where no process runs; `undefined` where there is no answer in time. At most 100 paths are looked at.
   */
  look(paths: readonly (readonly string[])[], room: number): Promise<Looks | undefined>;
  /** The first process of the sandbox that runs, by its number on the host. */
  firstProcess(): Promise<number | undefined>;
}

/** Makes the worker of one session. Nothing starts before `ready` or the first request. */
export function createWorker(options: WorkerOptions): SessionWorker {
  return new RestartingWorker(options);
}
