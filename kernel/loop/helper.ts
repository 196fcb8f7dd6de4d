import type { WorkerOutput } from '../sandbox/contract.ts';
import type { ToolContext, ToolPlugin, ToolResult } from '../tools/contract.ts';
import { aborted, untilAborted } from './race.ts';

/** How much longer than its time a tool may take to end by itself, in milliseconds. */
const overtimeMs = 5000;

/** Around a helper that may have to wait, which does not count as its time; `undefined` where the signal came before. */
export type Around = <T>(signal: AbortSignal, action: () => Promise<T>) => Promise<T | undefined>;

export interface HelperRun {
  readonly tool: ToolPlugin;
  readonly code: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onOutput: (output: WorkerOutput) => void;
  readonly onInput?: NonNullable<ToolContext['onInput']> | undefined;
  readonly origin?: ToolContext['origin'] | undefined;
  readonly around?: Around | undefined;
  readonly now: () => number;
}

/**
 * Checks and runs code with a tool. Ends at once when the signal comes, and soon after the timeout, even if the tool
 * never settles; output that comes later is dropped. Code that the tool refuses is a result, too.
 * @throws what the tool throws: a RepliqueError for a broken environment
 */
export async function runHelper(run: HelperRun): Promise<ToolResult> {
  const { tool, code, timeoutMs, signal, now } = run;
  const started = now();
  const around: Around = run.around ?? ((_, action) => action());
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  const arm = (): NodeJS.Timeout => setTimeout(() => over.abort(), timeoutMs + overtimeMs);
  let timer = arm();
  let open = true;
  const onOutput = (output: WorkerOutput): void => {
    if (open) run.onOutput(output);
  };
  try {
    const valid = await untilAborted(tool.validateCode(code), ended);
    if (valid !== aborted && !valid.ok) return refused(valid.problem, now() - started);
    const { onInput, origin } = run;
    const given = { ...(onInput && { onInput }), ...(origin && { origin }) };
    const context = { signal: ended, timeoutMs, onOutput, ...given };
    clearTimeout(timer);
    const begin = (): Promise<ToolResult> => {
      timer = arm();
      return tool.execute(code, context);
    };
    const result = valid === aborted ? aborted : await untilAborted(around(ended, begin), ended);
    if (result !== aborted && result !== undefined) return result;
    return { status: signal.aborted ? 'interrupted' : 'timeout', durationMs: now() - started };
  } finally {
    open = false;
    clearTimeout(timer);
  }
}

function refused(problem: string, durationMs: number): ToolResult {
  return { status: 'error', error: { ename: 'NotRun', evalue: problem, traceback: [problem] }, durationMs };
}
