import type { ContinuationManager } from '../loop/continuation-manager.ts';
import type { CellOutcome, CellSummary, LoopEvent } from '../loop/events.ts';
import type { ProcessOptions } from '../loop/options.ts';
import { ProviderError } from '../providers/contract.ts';
import type { Worker } from '../sandbox/contract.ts';
import { plainError } from './code-cell.ts';
import type { CellRequest } from './contract.ts';

/** The session's loop, made with its provider on first use. Rejects with a ProviderError. */
export type OpenLoop = (
  signal: AbortSignal,
  asked: {
    /** The prompt cell that it is for. */
    readonly cell?: number;
    /** Told what the reader is to know of the choice of the provider. */
    readonly say: (text: string) => void;
  },
) => Promise<PromptLoop>;

/** The loop as a prompt cell uses it. */
type PromptLoop = Pick<ContinuationManager, 'processWithContinuation' | 'contextUse'>;

type OpenOne = (...asked: Parameters<OpenLoop>) => Promise<Pick<PromptLoop, 'processWithContinuation'>>;

/** Shows a cell's reader what is said. */
export const noticesTo =
  ({ emit }: Pick<CellRequest, 'emit'>) =>
  (text: string): void =>
    emit({ type: 'notice', text });

/**
 * Runs a prompt cell through the loop. Only a final answer is a success; it becomes `Out[n]` and `_` in Python.
 * @param loop the session's loop; rejects with a ProviderError where no provider can be had
 * @param give finds what goes with the prompt because it points at it
 */
export async function runPromptCell(
  loop: OpenOne,
  worker: Pick<Worker, 'execute'>,
  request: CellRequest,
  prompt: string,
  give?: ProcessOptions['give'],
): Promise<CellOutcome> {
  const stop = await stopOf(loop, request, prompt, give);
  if (stop.problem) {
    const { ename, sentence, remedy } = stop.problem;
    const error = { ...plainError(ename, sentence), traceback: [`${ename}: ${sentence}`, `→ ${remedy}`] };
    return { status: 'error', error, interrupted: stop.summary.stop === 'interrupted' };
  }
  return { status: 'ok', userExpressions: await bindAnswer(worker, request, stop.answer ?? '') };
}

type Stop = Extract<LoopEvent, { type: 'stop' }>;

async function stopOf(
  loop: OpenOne,
  request: CellRequest,
  prompt: string,
  give: ProcessOptions['give'],
): Promise<Stop> {
  let manager: Awaited<ReturnType<OpenOne>>;
  try {
    manager = await loop(request.signal, { cell: request.executionCount, say: noticesTo(request) });
  } catch (error) {
    const stop = withoutProvider(error, request.signal);
    request.emit(stop);
    return stop;
  }
  let stop: Stop | undefined;
  const emit = (event: LoopEvent): void => {
    if (event.type === 'stop') stop = event;
    request.emit(event);
  };
  const steps = manager.processWithContinuation(prompt, {
    signal: request.signal,
    emit,
    ...(give && { give }),
    ...(request.onInput && { onInput: request.onInput }),
  });
  while (!(await steps.next()).done);
  if (!stop) throw new Error('The loop ended without a reason.');
  return stop;
}

/** @throws what is neither a ProviderError nor an interrupt: a bug, the router's to report */
function withoutProvider(error: unknown, signal: AbortSignal): Stop {
  const usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, estimated: false };
  const summary: Omit<CellSummary, 'stop'> = { turns: [], helpers: 0, durationMs: 0, usage };
  if (signal.aborted) {
    const problem = { ename: 'Interrupted', sentence: 'The cell was interrupted.', remedy: 'Run it again.' };
    return { type: 'stop', summary: { ...summary, stop: 'interrupted' }, problem };
  }
  if (!(error instanceof ProviderError)) throw error;
  const problem = { ename: 'ProviderError', sentence: error.message, remedy: error.remedy };
  return { type: 'stop', summary: { ...summary, stop: 'provider' }, problem };
}

/** Makes the answer `Out[n]` and `_`, where a worker runs, and evaluates what the client asked for. */
async function bindAnswer(
  worker: Pick<Worker, 'execute'>,
  request: CellRequest,
  answer: string,
): Promise<Readonly<Record<string, unknown>>> {
  const n = String(request.executionCount);
  const value = JSON.stringify(answer);
  const code = `get_ipython().displayhook.update_user_ns(${value}); get_ipython().user_ns['Out'][${n}] = ${value}`;
  const outcome = await worker
    .execute({
      code,
      language: 'python',
      origin: { kind: 'kernel' },
      signal: request.signal,
      timeoutMs: 5000,
      onOutput: () => undefined,
      userExpressions: request.userExpressions,
    })
    .catch(() => undefined);
  return outcome?.userExpressions ?? {};
}
