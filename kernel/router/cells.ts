import type { CellRequest } from '../interpreter/contract.ts';
import type { EmitterOptions } from '../output/contract.ts';
import type { Envelope } from '../protocol/header.ts';
import type { CommRequest, RequestContent } from '../protocol/messages.ts';
import { CommQueue } from './comm-queue.ts';
import type { LateSession, Session } from './contract.ts';
import { execute } from './handlers/execute.ts';
import type { Outbox, Requester } from './outbox.ts';
import { errorReply } from './problem.ts';
import type { ExecutionQueue } from './execution-queue.ts';
import { Pagers } from './pagers.ts';
import { Stdin } from './stdin.ts';
import type { Subshells } from './subshells.ts';

interface CellsOptions {
  readonly session: LateSession;
  readonly sessionId: string;
  readonly outbox: Outbox;
  readonly subshells: Subshells;
  readonly log: (line: string) => void;
}

/** Why nobody need answer any more: without a reason each cell would cost an exception with its stack. */
const over = 'the cell has ended';

type Content = RequestContent<'execute_request'>;
/** What a client says of a cell beside its code. */
interface Told {
  readonly form: EmitterOptions['form'];
  readonly cell: string | undefined;
  readonly sent: NonNullable<CellRequest['sent']>;
  readonly deletedCells: readonly string[];
}

/** The execute requests of a session: their queues, their numbers, and the questions they ask. */
export class Cells {
  readonly #options: CellsOptions;
  readonly #stdin: Stdin;
  readonly #comms: CommQueue;
  /** The clients that have a pager. */
  readonly pagers = new Pagers();
  #counted: number | undefined;

  constructor(options: CellsOptions) {
    this.#options = options;
    this.#stdin = new Stdin(options.outbox, options.log);
    this.#comms = new CommQueue(options, ({ keeper }) => this.#last(keeper));
  }

  /** The number of the last cell, as far as it is known: every `execute_reply` has one. */
  get count(): number {
    return this.#counted ?? 0;
  }

  push(requester: Requester, content: Content, told: Told): void {
    const queue = this.#options.subshells.queueOf(requester.header);
    if (queue === undefined) {
      this.#refuse(requester);
      return;
    }
    const job = {
      run: (signal: AbortSignal) => this.#run(requester, content, told, queue, signal),
      abort: () => this.#abort(requester),
    };
    queue.push(job, Date.parse(String(requester.header['date'])));
  }

  /** What a client says to a widget takes its turn among the cells. */
  pushComm(requester: Requester, request: CommRequest | 'malformed'): void {
    this.#comms.push(requester, request);
  }

  /** Takes a message of the stdin channel. */
  receiveInput(envelope: Envelope): void {
    this.#stdin.receive(envelope);
  }

  async #run(
    requester: Requester,
    content: Content,
    told: Told,
    queue: ExecutionQueue,
    signal: AbortSignal,
  ): Promise<void> {
    const { outbox, log } = this.#options;
    const started = new Date().toISOString();
    outbox.busyWithCell(requester.header);
    try {
      const session = await this.#options.session.ready();
      const reply = await this.#execute(session, requester, content, told, signal);
      if (reply.status === 'error' && content.stop_on_error && !content.silent) await queue.abortRest();
      outbox.reply(requester, reply, { started });
    } catch (error) {
      log(`A cell could not be answered: ${String(error)}`);
      const problem = errorReply(error);
      const { ename, evalue, traceback } = problem;
      if (!content.silent) outbox.publish('error', { ename, evalue, traceback }, requester.header);
      outbox.reply(requester, { ...problem, execution_count: this.count }, { started });
    } finally {
      outbox.idle(requester.header);
    }
  }

  async #execute(
    { interpreter, createEmitter, keeper, history }: Session,
    requester: Requester,
    content: Content,
    { form, cell, sent, deletedCells }: Told,
    signal: AbortSignal,
  ): ReturnType<typeof execute> {
    const { sessionId, outbox } = this.#options;
    const isStored = !content.silent && (content.store_history ?? true);
    if (isStored) this.#count(keeper);
    const lastCount = this.#last(keeper);
    const line = isStored ? lastCount : lastCount + 1;
    if (isStored) history?.add(line, content.code);
    const ended = new AbortController();
    const reply = execute(content, {
      interpreter,
      createEmitter,
      ...{ form, cell, sent, deletedCells },
      ...(form === 'lines' && { hasPager: this.pagers.has(requester.header) }),
      sessionId,
      requestId: requester.header.msg_id,
      executionCount: line,
      lastCount,
      onResult: (text) => {
        if (isStored) history?.add(line, content.code, text);
      },
      signal,
      publish: (msgType, published, more) => outbox.publish(msgType, published, requester.header, more),
      ask: (prompt, password, gone = ended.signal) =>
        this.#stdin.ask(requester, prompt, password, AbortSignal.any([signal, ended.signal, gone])),
    });
    return reply.finally(() => ended.abort(over));
  }

  /** The number of the last cell. */
  #last(keeper: Session['keeper']): number {
    return (this.#counted ??= keeper?.lastCount() ?? 0);
  }

  #count(keeper: Session['keeper']): void {
    this.#counted = this.#last(keeper) + 1;
    keeper?.counted(this.#counted);
  }

  #refuse(requester: Requester): void {
    const { outbox } = this.#options;
    outbox.busy(requester.header);
    const problem = errorReply(new Error('There is no such subshell.'));
    outbox.reply(requester, { ...problem, execution_count: this.count });
    outbox.idle(requester.header);
  }

  /** Answers a cell that an error before it, or an interrupt, kept from running. */
  #abort(requester: Requester): void {
    const { outbox } = this.#options;
    outbox.busy(requester.header);
    outbox.reply(requester, { status: 'aborted', execution_count: this.count }, { status: 'aborted' });
    outbox.idle(requester.header);
  }
}
