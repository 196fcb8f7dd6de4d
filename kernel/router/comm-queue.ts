import type { CommRequest } from '../protocol/messages.ts';
import type { CommDelivery } from '../sandbox/contract.ts';
import type { LateSession, Session } from './contract.ts';
import type { Outbox, Requester } from './outbox.ts';
import type { Subshells } from './subshells.ts';

interface CommQueueOptions {
  readonly session: LateSession;
  readonly sessionId: string;
  readonly outbox: Outbox;
  readonly subshells: Subshells;
  readonly log: (line: string) => void;
}

/** Hands code what clients say to its widgets, in turn with the cells. There is no reply; clients wait for `idle`. */
export class CommQueue {
  readonly #options: CommQueueOptions;
  readonly #executionCount: (session: Session) => number;

  constructor(options: CommQueueOptions, executionCount: (session: Session) => number) {
    this.#options = options;
    this.#executionCount = executionCount;
  }

  push(requester: Requester, request: CommRequest | 'malformed'): void {
    const queue = this.#options.subshells.queueOf(requester.header);
    if (queue === undefined) {
      this.#answered(requester);
      return;
    }
    const failed = (error: unknown): void => {
      this.#options.log(`A widget could not be told: ${String(error)}`);
      this.#answered(requester);
    };
    queue.push({
      run: (signal) => this.#run(requester, request, signal).catch(failed),
      abort: () => this.#answered(requester),
    });
  }

  async #run(requester: Requester, request: CommRequest | 'malformed', signal: AbortSignal): Promise<void> {
    const { outbox, log } = this.#options;
    const { header } = requester;
    outbox.busyWithCell(header);
    try {
      if (request === 'malformed') log(`Refused a malformed ${header.msg_type}.`);
      else if (request.event === 'open') this.#closeAgain(requester, request.comm);
      else await this.#deliver(requester, { ...request, event: request.event }, signal);
    } catch (error) {
      log(`A widget could not be told: ${String(error)}`);
    } finally {
      outbox.idle(header);
    }
  }

  async #deliver({ header }: Requester, comm: CommDelivery, signal: AbortSignal): Promise<void> {
    const { sessionId, outbox, log } = this.#options;
    const session = await this.#options.session.ready();
    if (!session.comms.admit(comm)) {
      log(`Refused a ${header.msg_type} to a comm that is not open, or too large.`);
      return;
    }
    const emitter = session.createEmitter({
      form: 'document',
      executionCount: this.#executionCount(session),
      sessionId,
      requestId: header.msg_id,
      publish: (message) => outbox.publish(message.msg_type, message.content, header, message),
    });
    await session.interpreter.deliver({ comm, signal, emit: (event) => emitter.emit(event) });
    emitter.flush();
  }

  /** As Jupyter answers where no code waits for such a comm. */
  #closeAgain({ header }: Requester, comm: string): void {
    this.#options.outbox.publish('comm_close', { comm_id: comm, data: {} }, header);
  }

  #answered({ header }: Requester): void {
    this.#options.outbox.busy(header);
    this.#options.outbox.idle(header);
  }
}
