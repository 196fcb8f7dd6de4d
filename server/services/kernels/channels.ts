import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import { HttpError } from '../../http/errors.ts';
import { closeCodes } from '../../http/socket-handlers.ts';
import type { SocketRequest, SocketRoute } from '../../http/websockets.ts';
import type { Connection } from './clients.ts';
import type { Kernel } from './kernel.ts';
import { decodeLegacy, encodeLegacy } from './wire/legacy.ts';
import { WireError, type ChannelMessage } from './wire/message.ts';
import { decodeV1, encodeV1, v1Protocol } from './wire/v1.ts';

/** Bytes that may be under way to a client; more waits in its outbox. */
const mostUnderWay = 8 * 2 ** 20;

/** Pings without an answer until a connection counts as broken. */
const mostMissed = 3;

/** Clients learn from REST that a kernel was shut down; what stays open after that holds nothing. */
const lingerMs = 10_000;

/** No client's session has a longer name. */
const longestSession = 200;

interface Options {
  readonly find: (id: string) => Kernel | undefined;
  readonly pingMs: number;
}

/** The WebSocket of a kernel: all its channels, for one client. */
export function channelsRoute({ find, pingMs }: Options): SocketRoute {
  const kernelOf = ({ params }: SocketRequest): Kernel => {
    const id = String(params['id']);
    const kernel = find(id);
    if (kernel === undefined) throw new HttpError(404, `Kernel does not exist: ${id}`);
    return kernel;
  };
  return {
    path: '/api/kernels/:id/channels',
    protocols: [v1Protocol],
    check: (request) => {
      kernelOf(request);
      if (sessionOf(request).length > longestSession) {
        throw new HttpError(400, 'The session_id is too long.');
      }
    },
    open: (socket, request) => {
      const kernel = kernelOf(request);
      const session = sessionOf(request);
      const connection = connectionOver(socket);
      const listen = listener(socket, kernel, session);
      kernel.attach(session, connection);
      const alive = keepAlive(socket, pingMs);
      return {
        message: (data, isBinary) => {
          alive.heard();
          listen(data, isBinary);
        },
        pong: alive.heard,
        closed: (code) => {
          alive.stop();
          kernel.detach(session, connection, code);
        },
      };
    },
  };
}

/** A client that names no session gets one of its own. */
const sessionOf = ({ query }: SocketRequest): string => query.get('session_id') || randomUUID();

function connectionOver(socket: WebSocket): Connection {
  const encode = socket.protocol === v1Protocol ? encodeV1 : encodeLegacy;
  let waiting: (() => void) | undefined;
  const onSent = (): void => {
    if (!waiting || socket.bufferedAmount > mostUnderWay / 2) return;
    const callback = waiting;
    waiting = undefined;
    callback();
  };
  return {
    write: (message) => {
      socket.send(encode(message), onSent);
      return socket.bufferedAmount <= mostUnderWay;
    },
    onRoom: (callback) => (waiting = callback),
    replaced: () => socket.close(),
    ended: () => void setTimeout(() => socket.close(1000, 'The kernel was shut down.'), lingerMs).unref(),
  };
}

/** Takes what the client sends; while the kernel has no room, the client is not read from. */
function listener(
  socket: WebSocket,
  kernel: Kernel,
  session: string,
): (data: Buffer, isBinary: boolean) => void {
  const decode: (data: Buffer, isBinary: boolean) => ChannelMessage =
    socket.protocol === v1Protocol ? decodeV1 : decodeLegacy;
  return (data, isBinary) => {
    try {
      kernel.receive(session, decode(data, isBinary));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      socket.close(closeCodes.invalid, error.message);
      return;
    }
    const room = socket.isPaused ? undefined : kernel.room();
    if (room === undefined) return;
    socket.pause();
    void room.then(() => socket.resume());
  };
}

/** Asks now and then whether the client is there, and ends a connection that is broken without saying so. */
function keepAlive(
  socket: WebSocket,
  pingMs: number,
): { readonly heard: () => void; readonly stop: () => void } {
  let missed = 0;
  const timer = setInterval(() => {
    if (socket.isPaused) return; // no answer can be read
    missed += 1;
    if (missed > mostMissed) socket.terminate();
    else socket.ping();
  }, pingMs);
  return { heard: () => (missed = 0), stop: () => clearInterval(timer) };
}
