import { createRequire } from 'node:module';
import type * as Zeromq from 'zeromq';
import { repliqueError } from '../errors.ts';
import { socketAddress, socketNames, type SocketPlaces } from '../protocol/addresses.ts';
import { LIMITS } from '../protocol/limits.ts';

/**
 * The sockets are opened before the rest of the kernel is loaded: a client that finds none tries again after 0.1 to 0.2 s. So
 * this file loads nothing that it does not need, and zeromq as what it is, a module of CommonJS.
 */
const { Router, XPublisher } = createRequire(import.meta.url)('zeromq') as typeof Zeromq;

/** How long messages that are under way may take to leave after the kernel closes. */
export const LINGER_MS = 1000;

/** Messages that wait for a slow listener; beyond, it loses messages rather than the kernel its memory. */
const IOPUB_BACKLOG = 100_000;

/** A heartbeat or a subscription is a few bytes. */
const SMALL_MESSAGE_BYTES = 4096;

export interface Sockets {
  readonly shell: Zeromq.Router;
  readonly control: Zeromq.Router;
  readonly stdin: Zeromq.Router;
  readonly iopub: Zeromq.XPublisher;
  readonly hb: Zeromq.Router;
}

/**
 * Opens the five sockets of Jupyter's messaging specification.
 * @throws RepliqueError PORT_IN_USE or LISTEN_FAILED; nothing stays open then.
 */
export async function openSockets(places: SocketPlaces): Promise<Sockets> {
  const sockets = makeSockets();
  try {
    const bound = await Promise.allSettled(
      socketNames.map((name) => bind(sockets[name], socketAddress(places, name))),
    );
    const failed = bound.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  } catch (error) {
    closeSockets(sockets);
    throw error;
  }
  return sockets;
}

function makeSockets(): Sockets {
  const linger = LINGER_MS;
  const requests = { linger, maxMessageSize: LIMITS.totalBytes, handover: true };
  return {
    shell: new Router(requests),
    control: new Router(requests),
    stdin: new Router(requests),
    iopub: new XPublisher({
      linger,
      maxMessageSize: SMALL_MESSAGE_BYTES,
      sendHighWaterMark: IOPUB_BACKLOG,
      verbosity: 'allSubs',
    }),
    hb: new Router({ linger: 0, maxMessageSize: SMALL_MESSAGE_BYTES }),
  };
}

async function bind(socket: Zeromq.Socket, address: string): Promise<void> {
  try {
    await socket.bind(address);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw repliqueError('PORT_IN_USE', { address }, { cause: error });
    throw repliqueError('LISTEN_FAILED', { address, problem: message }, { cause: error });
  }
}

/** Messages that are under way may still leave. */
export function closeSockets(sockets: Sockets): void {
  for (const socket of Object.values(sockets) as Zeromq.Socket[]) socket.close();
}
