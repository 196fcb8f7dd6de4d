import { RepliqueError } from '../errors.ts';
import type { Conversation } from '../loop/conversation.ts';
import type { CellOutcome } from '../loop/events.ts';
import { ResultCollector } from '../loop/results.ts';
import type { ProviderError } from '../providers/contract.ts';
import type { ExecuteOutcome, Worker, WorkerError } from '../sandbox/contract.ts';
import type { CellRequest, WidgetRequest } from './contract.ts';

/** A person's own code runs as long as they let it: Node's timers end at 2³¹ − 1 ms, some 24 days. */
const noLimitMs = 2 ** 31 - 1;
const resultChars = 2000;

/**
 * Runs a code cell in the worker, shows its outputs as Jupyter does, and tells the conversation of it.
 * A sandbox that is not available is an `error` output.
 */
export async function runCodeCell(
  worker: Worker,
  conversation: Pick<Conversation, 'recordUserCode'>,
  request: CellRequest,
  code: string,
  language: 'python' | 'bash',
): Promise<CellOutcome> {
  const collector = new ResultCollector();
  let outcome: ExecuteOutcome;
  try {
    outcome = await worker.execute({
      code,
      language,
      origin: { kind: 'cell' },
      signal: request.signal,
      timeoutMs: noLimitMs,
      onOutput: (output) => {
        if (request.silent || output.kind === 'error') return;
        collector.add(output);
        request.emit({ type: 'output', output });
      },
      ...(request.onInput && { onInput: request.onInput }),
      userExpressions: request.userExpressions,
      silent: request.silent,
      storeHistory: request.storeHistory,
    });
  } catch (error) {
    return failed(request, unavailable(error), false);
  }
  if (!request.silent) {
    conversation.recordUserCode(code, language, collector.finish(outcome, resultChars));
    if (outcome.notice !== undefined) request.emit({ type: 'notice', text: outcome.notice });
  }
  if (outcome.status === 'ok') return { status: 'ok', userExpressions: outcome.userExpressions ?? {} };
  return failed(request, errorOf(outcome), outcome.status === 'interrupted');
}

/** Has a widget's own code deal with what a client said to it. */
export async function runWidget(worker: Worker, { comm, signal, emit }: WidgetRequest): Promise<void> {
  const { notice } = await worker.execute({
    ...{ code: '', language: 'python', comm, signal, timeoutMs: noLimitMs },
    onOutput: (output) => emit({ type: 'output', output }),
  });
  if (notice !== undefined) emit({ type: 'notice', text: notice });
}

/** Shows an error as Jupyter does and ends the cell with it. */
export function failed(request: CellRequest, error: WorkerError, interrupted: boolean): CellOutcome {
  if (!request.silent) request.emit({ type: 'output', output: { kind: 'error', error } });
  return { status: 'error', error, interrupted };
}

function errorOf(outcome: ExecuteOutcome): WorkerError {
  if (outcome.error) return outcome.error;
  const names = {
    ok: '',
    error: 'Error',
    interrupted: 'KeyboardInterrupt',
    timeout: 'Timeout',
    limit: 'LimitExceeded',
    died: 'WorkerDied',
  } as const;
  const ename = names[outcome.status];
  return plainError(ename, outcome.notice ?? '');
}

/** @throws what is no RepliqueError: a bug, the router's to report */
function unavailable(error: unknown): WorkerError {
  if (!(error instanceof RepliqueError)) throw error;
  const names: Readonly<Record<string, string>> = {
    SANDBOX_UNAVAILABLE: 'SandboxUnavailable',
    AUDIT_UNWRITABLE: 'AuditUnavailable',
  };
  const ename = names[error.code] ?? 'WorkerFailed';
  return {
    ...plainError(ename, error.message),
    traceback: [`${ename}: ${error.message}`, `→ ${error.remedy}`],
  };
}

/** A cell that fails because its provider does. */
export const failedBy = (request: CellRequest, { message, remedy }: ProviderError): CellOutcome =>
  failed(request, plainError('ProviderError', `${message} ${remedy}`), false);

/** An error that has no more to say than one line. */
export function plainError(ename: string, evalue: string): WorkerError {
  return { ename, evalue, traceback: [evalue === '' ? ename : `${ename}: ${evalue}`] };
}
