import type { IncomingMessage, Server } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Access } from './access/access.ts';
import { visitOf } from './access/hook.ts';
import { withoutBase } from './base-url.ts';
import { HttpError, answerFor } from './errors.ts';
import { loggedPath, type Log } from './log.ts';
import { requestIdOf } from './request-id.ts';
import { closeCodes, handle, type SocketHandlers } from './socket-handlers.ts';

/** A WebSocket that is asked for. */
export interface SocketRequest {
  /** Of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/** What takes a WebSocket. */
export interface SocketRoute {
  /** `/api/kernels/:id/channels` */
  readonly path: string;
  /** Subprotocols that it speaks; what a client offers besides is never answered with its own name. */
  readonly protocols: readonly string[];
  /**
   * Looks whether there is what is asked for.
   * @throws HttpError, which the client gets instead of a WebSocket
   */
  readonly check: (request: SocketRequest) => void;
  readonly open: (socket: WebSocket, request: SocketRequest) => SocketHandlers;
}

const limits = { maxPayload: 128 * 2 ** 20, mostSockets: 2048 };

/** The WebSockets of the server, by their paths. */
export class WebSockets {
  readonly #routes: { readonly route: SocketRoute; readonly matches: RegExp }[] = [];
  readonly #server: WebSocketServer;
  readonly #access: Access;
  readonly #baseUrl: string;
  readonly #log: Log;

  constructor(http: Server, access: Access, baseUrl: string, log: Log) {
    this.#access = access;
    this.#baseUrl = baseUrl;
    this.#log = log;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: limits.maxPayload,
      perMessageDeflate: false,
      handleProtocols: (offered, request) =>
        this.#find(request)?.route.protocols.find((name) => offered.has(name)) ?? false,
    });
    this.#server.on('headers', (headers, request) => {
      headers.push(`X-Request-Id: ${String(request.headers['x-request-id'])}`);
    });
    http.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head));
  }

  add(route: SocketRoute): void {
    const pattern = route.path.replace(/:(\w+)/g, '(?<$1>[^/]+)');
    this.#routes.push({ route, matches: new RegExp(`^${pattern}$`) });
  }

  /** How many are open. */
  get count(): number {
    return this.#server.clients.size;
  }

  /** Lets no more in, and tells those who are here to come back later. */
  close(): void {
    for (const socket of this.#server.clients) socket.close(closeCodes.restart, 'The server is stopping.');
    this.#server.close();
  }

  /** Ends those who have not gone. */
  terminate(): void {
    for (const socket of this.#server.clients) socket.terminate();
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => stream.destroy());
    const reqId = requestIdOf(request);
    request.headers['x-request-id'] = reqId; // told with the answer
    try {
      const found = this.#find(request);
      this.#admit(request);
      if (!found) throw new HttpError(404, 'Not Found');
      if (this.#server.clients.size >= limits.mostSockets) throw new HttpError(503, 'Too many connections.');
      const { route, asked } = found;
      route.check(asked);
      this.#server.handleUpgrade(request, stream, head, (socket) =>
        handle(socket, () => route.open(socket, asked), this.#log, reqId),
      );
    } catch (error) {
      const { status, body } = answerFor(error, reqId);
      const path = loggedPath(request.url ?? '');
      const entry = { reqId, path, status, err: status < 500 ? undefined : error };
      this.#log[status < 500 ? 'info' : 'error'](entry, 'websocket refused');
      refuse(stream, status, body, reqId);
    }
  }

  /** @throws HttpError */
  #admit({ headers, url = '/' }: IncomingMessage): void {
    const { gate } = this.#access;
    const visit = visitOf({ method: 'GET', headers, url });
    gate.checkHost(visit);
    const visitor = gate.visitor(visit);
    if (visitor === undefined) throw new HttpError(403, 'Forbidden');
    if (visitor === 'token') return;
    try {
      gate.checkOrigin(visit);
    } catch {
      throw new HttpError(403, 'Cross origin websockets not allowed');
    }
  }

  #find(
    request: IncomingMessage,
  ): { readonly route: SocketRoute; readonly asked: SocketRequest } | undefined {
    const [path = '', query = ''] = withoutBase(request.url ?? '/', this.#baseUrl).split(/\?(.*)/s);
    for (const { route, matches } of this.#routes) {
      const match = matches.exec(path);
      if (match === null) continue;
      return { route, asked: { params: decoded(match.groups ?? {}), query: new URLSearchParams(query) } };
    }
    return undefined;
  }
}

function decoded(groups: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(groups);
  try {
    return Object.fromEntries(entries.map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch {
    return Object.fromEntries(entries);
  }
}

function refuse(stream: Duplex, status: number, body: object, requestId: string): void {
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    `X-Request-Id: ${requestId}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  stream.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}
