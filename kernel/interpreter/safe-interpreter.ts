import type { CellOutcome } from '../loop/events.ts';
import type { Bundle, WorkerError } from '../sandbox/contract.ts';
import type { CellRequest, Interpreter } from './contract.ts';

/** Makes what code says to a client beside its outputs safe to be shown. */
interface SafeReplies {
  /** The results of those expressions that the client named, each in the form that Jupyter gives them. */
  expressions(results: Bundle, asked: readonly string[]): Record<string, unknown>;
  error(error: WorkerError): WorkerError;
  /** What is known of a name. */
  knowledge(data: Bundle): Bundle;
  matches(found: readonly string[]): string[];
  prompt(text: string): string;
}

/** An interpreter whose answers, and whose code's questions, pass the output firewall, as its outputs do. */
export function safeInterpreter(interpreter: Interpreter, safe: SafeReplies): Interpreter {
  return {
    execute: async (request) =>
      safeOutcome(await interpreter.execute(withSafeQuestions(request, safe)), request, safe),
    deliver: (request) => interpreter.deliver(request),
    isComplete: (code) => interpreter.isComplete(code),
    complete: async (code, cursorPos) => {
      const found = await interpreter.complete(code, cursorPos);
      const matches = safe.matches(found.matches);
      const kinds = found.kinds?.map(({ kind, signature }) => {
        const [safeKind = '', safeSignature = ''] = safe.matches([kind, signature]);
        return { kind: safeKind, signature: safeSignature };
      });
      return { ...found, matches, ...(kinds && { kinds }) };
    },
    inspect: async (code, cursorPos, detailLevel) => {
      const data = await interpreter.inspect(code, cursorPos, detailLevel);
      return data && safe.knowledge(data);
    },
    close: () => interpreter.close(),
  };
}

function withSafeQuestions(request: CellRequest, safe: SafeReplies): CellRequest {
  const { onInput } = request;
  if (onInput === undefined) return request;
  return { ...request, onInput: (prompt, password, gone) => onInput(safe.prompt(prompt), password, gone) };
}

function safeOutcome(outcome: CellOutcome, request: CellRequest, safe: SafeReplies): CellOutcome {
  if (outcome.status === 'error') return { ...outcome, error: safe.error(outcome.error) };
  const asked = Object.keys(request.userExpressions);
  return { status: 'ok', userExpressions: safe.expressions(outcome.userExpressions, asked) };
}
