import type { CellOutcome } from '../loop/events.ts';
import type { Worker } from '../sandbox/contract.ts';
import type { CellRequest } from './contract.ts';

type Expressions = Readonly<Record<string, string>>;
/** By the names that the client gave its expressions. */
type Values = Readonly<Record<string, unknown>>;

const longestMs = 60_000;

/** What a client asked for beside a cell that has run, and the cell did not evaluate: magics and empty cells run no code. */
export function notEvaluated({ userExpressions }: CellRequest, values: Values): Expressions | undefined {
  const rest = Object.entries(userExpressions).filter(([name]) => !Object.hasOwn(values, name));
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

/** Evaluates them in Python; each has a value or an error of its own, as in Jupyter's execute_reply. */
export async function evaluate(
  worker: Worker,
  request: CellRequest,
  expressions: Expressions,
): Promise<CellOutcome> {
  const outcome = await worker
    .execute({
      ...{ code: '', language: 'python', origin: { kind: 'kernel' }, silent: true, storeHistory: false },
      signal: request.signal,
      timeoutMs: longestMs,
      onOutput: () => undefined,
      userExpressions: expressions,
    })
    .catch(() => undefined);
  const failed = Object.fromEntries(Object.keys(expressions).map((name) => [name, notRun]));
  return { status: 'ok', userExpressions: { ...failed, ...outcome?.userExpressions } };
}

const notRun = {
  status: 'error',
  ename: 'NotEvaluated',
  evalue: 'Python could not evaluate it: see `%check`.',
  traceback: [],
} as const;
