import type { CellRequest, Interpreter } from '../../interpreter/contract.ts';
import type { CellOutcome } from '../../loop/events.ts';
import type { EmitterFactory, EmitterOptions, IopubMessage } from '../../output/contract.ts';
import type { ReplyContents, ReplyJson, RequestContent } from '../../protocol/messages.ts';
import type { More } from '../outbox.ts';
import { errorReply } from '../problem.ts';

/** What running one cell needs. */
interface CellContext {
  readonly interpreter: Interpreter;
  readonly createEmitter: EmitterFactory;
  readonly form: EmitterOptions['form'];
  /** The kernel's name of the cell, see `cellOf`. */
  readonly cell: string | undefined;
  readonly sent?: CellRequest['sent'];
  readonly deletedCells?: readonly string[];
  /** Whether the client is known to have a pager; absent: what would be for it is an output. */
  readonly hasPager?: boolean;
  readonly sessionId: string;
  /** Of the request's header. */
  readonly requestId: string;
  /** Of this cell, or, if it is not stored, of the next that is. */
  readonly executionCount: number;
  /** Of the last cell that is stored, this one with them. */
  readonly lastCount: number;
  /** Told the text of what becomes `Out[n]`. */
  readonly onResult: (text: string) => void;
  readonly signal: AbortSignal;
  /** Publishes on iopub with the cell as parent. */
  readonly publish: (msgType: string, content: object, more?: More) => void;
  readonly ask: (prompt: string, password: boolean, gone?: AbortSignal) => Promise<string>;
}

/** Runs a cell and publishes what it shows, all of it before the reply. */
export async function execute(
  content: RequestContent<'execute_request'>,
  context: CellContext,
): Promise<ReplyContents['execute_request']> {
  const { executionCount, lastCount, publish } = context;
  const payload: Payload[] = [];
  if (!content.silent) publish('execute_input', { code: content.code, execution_count: executionCount });
  const outcome = await runCell(content, context, payload);
  if (outcome.status === 'error') {
    const { ename, evalue, traceback } = outcome.error;
    return { status: 'error', execution_count: lastCount, ename, evalue, traceback: [...traceback] };
  }
  return {
    status: 'ok',
    execution_count: lastCount,
    user_expressions: outcome.userExpressions as ReplyJson,
    payload,
  };
}

// An interface would not do where an index signature is asked for.
type Payload = {
  readonly source: 'page';
  readonly data: ReplyJson;
  readonly start: number;
};

const mostPages = 100;

/** Has the client page through this once it has the reply. */
function page(payload: Payload[], data: Readonly<Record<string, unknown>>): void {
  if (payload.length < mostPages) payload.push({ source: 'page', data: data as ReplyJson, start: 0 });
}

async function runCell(
  { code, silent, store_history, user_expressions, allow_stdin }: RequestContent<'execute_request'>,
  context: CellContext,
  payload: Payload[],
): Promise<CellOutcome> {
  const { interpreter, executionCount, signal, hasPager } = context;
  let running = true;
  const publishCell = (msgType: string, content: object, more?: More): void => {
    if (running && !silent) context.publish(msgType, content, more);
  };
  const emitter = context.createEmitter({
    form: context.form,
    executionCount,
    sessionId: context.sessionId,
    requestId: context.requestId,
    publish: (message) => {
      publishCell(message.msg_type, message.content, message);
      const shown = resultText(message);
      if (shown !== undefined) context.onResult(shown);
    },
    ...(hasPager !== undefined && { pager: { isKnown: hasPager, page: (data) => page(payload, data) } }),
  });
  const request: CellRequest = {
    code,
    silent,
    storeHistory: !silent && (store_history ?? true),
    userExpressions: user_expressions ?? {},
    ...{ executionCount, cell: context.cell },
    ...(context.sent && { sent: context.sent }),
    ...(context.deletedCells && context.deletedCells.length > 0 && { deletedCells: context.deletedCells }),
    signal,
    emit: (event) => {
      if (!running) return;
      emitter.emit(event);
      if (event.type === 'stop' && event.answer !== undefined) context.onResult(event.answer);
    },
  };
  const onInput: CellContext['ask'] = (prompt, password, gone) => {
    emitter.flush();
    return context.ask(prompt, password, gone);
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

/** The text of what a cell's own code came to, after the firewall. */
function resultText({ msg_type, content }: IopubMessage): string | undefined {
  if (msg_type !== 'execute_result') return undefined;
  const text = (content['data'] as Readonly<Record<string, unknown>>)['text/plain'];
  return typeof text === 'string' ? text : undefined;
}
