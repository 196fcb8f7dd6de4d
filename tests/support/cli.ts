import { vi } from 'vitest';
import { runCli } from '../../server/cli/cli.ts';

export interface CommandRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line of Replique in this process. A usage that is wrong ends the program, there as here. */
export const replique = (...args: string[]): Promise<CommandRun> => startReplique(...args).ended;

/** The same, with what has been said so far. */
export function startReplique(...args: string[]) {
  const said = { stdout: '', stderr: '' };
  let left: number | undefined;
  const before = process.exitCode;
  const spies = [
    ...(['stdout', 'stderr'] as const).map((name) =>
      vi.spyOn(process[name], 'write').mockImplementation((text) => {
        if (left === undefined) said[name] += String(text);
        return true;
      }),
    ),
    vi.spyOn(process, 'exit').mockImplementation((status) => {
      left = Number(status ?? 0);
      throw new Error('The program has ended.');
    }),
  ];
  process.exitCode = 0;
  const run = async (): Promise<CommandRun> => {
    try {
      await runCli(['node', 'replique', ...args]);
      return { status: left ?? Number(process.exitCode), ...said };
    } finally {
      for (const spy of spies) spy.mockRestore();
      process.exitCode = before;
    }
  };
  return { said, ended: run() };
}
