import { setTimeout as sleep } from 'node:timers/promises';
import { cellOf, deletedCellsOf, formOf } from '../protocol/clients.ts';
import type { Envelope } from '../protocol/header.ts';
import { parseComm, parseRequest, replyType } from '../protocol/messages.ts';
import type { Ports } from '../protocol/messages.ts';
import type { RequestChannel, Transport } from '../wire/contract.ts';
import { Cells } from './cells.ts';
import type { LateSession } from './contract.ts';
import type { HandlerContext } from './handlers/context.ts';
import { answer } from './handlers/index.ts';
import type { ImmediateRequest } from './handlers/index.ts';
import { Outbox } from './outbox.ts';
import type { Requester } from './outbox.ts';
import { errorReply } from './problem.ts';
import { Subshells } from './subshells.ts';

/** A session's cells and processes have this long to end; clients wait 2.5 s for the whole shutdown. */
const END_MS = 1500;

export interface RouterOptions {
  readonly transport: Transport;
  readonly session: LateSession;
  /** Version of Replique, as clients are told it. */
  readonly version: string;
  /** Where clients reach the transport; absent where it has no ports. */
  readonly ports?: Ports;
  /** Unique for this run of the kernel; the `session` of every message it sends. */
  readonly sessionId: string;
  /** Called once, when the shutdown has been answered and the interpreter closed: close router and transport, exit. */
  readonly onShutdown: () => void;
  readonly log: (line: string) => void;
}

export interface RunningRouter {
  /** Stops the running cell and aborts those that wait; what SIGINT does. */
  interrupt(): void;
  /** Ends the running cell and takes no more requests. Interpreter and transport stay open. Never rejects. */
  close(): Promise<void>;
}

/** Begins to answer what the transport delivers. */
export function startRouter(options: RouterOptions): RunningRouter {
  const router = new Router(options);
  router.start();
  return router;
}

class Router implements RunningRouter {
  readonly #options: RouterOptions;
  readonly #outbox: Outbox;
  readonly #subshells = new Subshells();
  readonly #cells: Cells;
  readonly #context: HandlerContext;
  /** Requests beside the cells that are being answered. */
  readonly #open = new Set<Promise<void>>();
  #shutDown = false;
  #closed = false;

  constructor(options: RouterOptions) {
    const { transport, session, version, ports, sessionId, log } = options;
    this.#options = options;
    this.#outbox = new Outbox(transport, sessionId, log);
    this.#cells = new Cells({ ...options, outbox: this.#outbox, subshells: this.#subshells });
    this.#context = {
      session: () => session.ready(),
      version,
      ports,
      subshells: this.#subshells,
      interrupt: () => this.interrupt(),
      endSession: (restart) => this.#endSession(restart),
    };
  }

  start(): void {
    this.#outbox.starting();
    this.#options.transport.receive((channel, envelope) => this.#receive(channel, envelope));
  }

  interrupt(): void {
    this.#subshells.interrupt();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await within(END_MS, Promise.all([this.#subshells.close(), ...this.#open]));
  }

  #receive(channel: RequestChannel, envelope: Envelope): void {
    if (this.#closed) return;
    if (channel === 'stdin') {
      this.#cells.receiveInput(envelope);
      return;
    }
    const { identities, message } = envelope;
    const requester: Requester = { channel, identities, header: message.header };
    const comm = parseComm(message);
    if (comm !== undefined) {
      this.#cells.pushComm(requester, comm);
      return;
    }
    const request = parseRequest(message);
    switch (request.msg_type) {
      case 'unknown':
        this.#options.log(
          `Ignored a request of unknown type ${JSON.stringify(request.received.slice(0, 80))}.`,
        );
        break;
      case 'malformed':
        this.#refuse(requester, request.problem);
        break;
      case 'execute_request':
        this.#cells.push(requester, request.content, {
          ...{ form: formOf(message), cell: cellOf(message), deletedCells: deletedCellsOf(message) },
          sent: { client: message.header.session, atMs: performance.now() },
        });
        break;
      case 'history_request':
      case 'is_complete_request':
        this.#cells.pagers.add(requester.header);
        this.#keep(this.#answer(requester, request));
        break;
      default:
        this.#keep(this.#answer(requester, request));
    }
  }

  #refuse(requester: Requester, problem: string): void {
    const { msg_type } = requester.header;
    this.#options.log(`Refused a malformed ${msg_type}: ${problem}.`);
    const evalue = `The ${msg_type} is malformed: ${problem}.`;
    this.#outbox.busy(requester.header);
    this.#outbox.reply(requester, {
      status: 'error',
      ename: 'MalformedRequest',
      evalue,
      traceback: [evalue],
      ...(msg_type === 'execute_request' && { execution_count: this.#cells.count }),
    });
    this.#outbox.idle(requester.header);
  }

  #keep(answering: Promise<void>): void {
    const open = answering
      .catch((error: unknown) => this.#options.log(`A request could not be answered: ${String(error)}`))
      .finally(() => this.#open.delete(open));
    this.#open.add(open);
  }

  async #answer(requester: Requester, request: ImmediateRequest): Promise<void> {
    const outbox = this.#outbox;
    outbox.busy(requester.header);
    try {
      const content = await answer(request, this.#context);
      outbox.reply(requester, content);
      if (request.msg_type === 'shutdown_request') {
        outbox.publish(replyType(request.msg_type), content, requester.header);
      }
    } catch (error) {
      this.#options.log(`The ${request.msg_type} failed: ${String(error)}`);
      outbox.reply(requester, errorReply(error));
    } finally {
      outbox.idle(requester.header);
    }
    if (request.msg_type === 'shutdown_request') this.#afterShutdown();
  }

  async #endSession(restart: boolean): Promise<void> {
    const { session, log } = this.#options;
    const begun = session.begun();
    if (begun === undefined) return;
    // At once: a client that loses patience kills the kernel before all has ended.
    this.#keep(begun.then(({ keeper }) => keeper?.end(restart ? 'restart' : 'end')));
    const closed = this.#subshells.close().then(async () => (await begun).interpreter.close());
    const ended = await within(
      END_MS,
      closed.catch((error: unknown) => log(`The session did not end cleanly: ${String(error)}`)),
    );
    if (!ended) log(`The session did not end within ${END_MS} ms.`);
  }

  #afterShutdown(): void {
    if (this.#shutDown) return;
    this.#shutDown = true;
    this.#options.onShutdown();
  }
}

/** Whether the work, which must not reject, ended within the time. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const limit = new AbortController();
  const late = sleep(ms, false, { signal: limit.signal }).catch(() => false);
  const ended = await Promise.race([work.then(() => true), late]);
  limit.abort();
  return ended;
}
