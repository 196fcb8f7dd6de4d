import type { CellRequest, Interpreter } from '../../interpreter/contract.ts';
import type { CellOutcome } from '../../loop/events.ts';
import type { EmitterFactory, EmitterOptions } from '../../output/contract.ts';
import type { ReplyContents, ReplyJson, RequestContent } from '../../protocol/messages.ts';
import type { More } from '../outbox.ts';
import { errorReply } from '../problem.ts';

/** What running one cell needs. */
interface CellContext {
  readonly interpreter: Interpreter;
  readonly createEmitter: EmitterFactory;
  readonly form: EmitterOptions['form'];
  readonly sessionId: string;
  /** Of the request's header. */
  readonly requestId: string;
  readonly executionCount: number;
  readonly signal: AbortSignal;
  /** Publishes on iopub with the cell as parent. */
  readonly publish: (msgType: string, content: object, more?: More) => void;
  readonly ask: (prompt: string, password: boolean) => Promise<string>;
}

/** Runs a cell and publishes what it shows, all of it before the reply. */
export async function execute(
  content: RequestContent<'execute_request'>,
  context: CellContext,
): Promise<ReplyContents['execute_request']> {
  const { executionCount, publish } = context;
  if (!content.silent) publish('execute_input', { code: content.code, execution_count: executionCount });
  const outcome = await runCell(content, context);
  if (outcome.status === 'error') {
    const { ename, evalue, traceback } = outcome.error;
    return { status: 'error', execution_count: executionCount, ename, evalue, traceback: [...traceback] };
  }
  return {
    status: 'ok',
    execution_count: executionCount,
    user_expressions: outcome.userExpressions as ReplyJson,
    payload: [],
  };
}

async function runCell(
  { code, silent, store_history, user_expressions, allow_stdin }: RequestContent<'execute_request'>,
  {
    interpreter,
    createEmitter,
    form,
    sessionId,
    requestId,
    executionCount,
    signal,
    publish,
    ask,
  }: CellContext,
): Promise<CellOutcome> {
  let running = true;
  const publishCell = (msgType: string, content: object, more?: More): void => {
    if (running && !silent) publish(msgType, content, more);
  };
  const emitter = createEmitter({
    form,
    executionCount,
    sessionId,
    requestId,
    publish: (message) => publishCell(message.msg_type, message.content, message),
  });
  const request: CellRequest = {
    code,
    silent,
    storeHistory: !silent && (store_history ?? true),
    userExpressions: user_expressions ?? {},
    executionCount,
    signal,
    emit: (event) => {
      if (running) emitter.emit(event);
    },
  };
  const onInput = (prompt: string, password: boolean): Promise<string> => {
    emitter.flush();
    return ask(prompt, password);
  };
  try {
    const outcome = await interpreter.execute(allow_stdin ? { ...request, onInput } : request);
    emitter.flush();
    return outcome;
  } catch (error) {
    const { ename, evalue, traceback } = errorReply(error);
    publishCell('error', { ename, evalue, traceback });
    return { status: 'error', error: { ename, evalue, traceback }, interrupted: false };
  } finally {
    running = false;
  }
}
