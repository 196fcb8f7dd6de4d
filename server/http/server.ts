import { readFileSync } from 'node:fs';
import Fastify, {
  LogController,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import { repliqueError } from '../../kernel/errors.ts';
import type { ServerConfig } from '../config.ts';
import { addAccess } from './access/hook.ts';
import { addLogin } from './access/login.ts';
import type { Access } from './access/access.ts';
import { withoutBase } from './base-url.ts';
import { answerFor, HttpError } from './errors.ts';
import { parseJson } from './json.ts';
import { loggedPath, type Log } from './log.ts';
import { requestIdOf } from './request-id.ts';
import { addFallback } from './fallback.ts';
import { decodeUtf8 } from './utf8.ts';
import { WebSockets } from './websockets.ts';

/** What a resource adds its routes to. */
export interface HttpServer {
  readonly app: FastifyInstance;
  readonly sockets: WebSockets;
}

/** A resource of the API: it adds what it has to the server. */
export type Resource = (server: HttpServer) => void;

/** Bounds on what a client sends and on how long it may take; a route that takes larger bodies says so itself. */
const limits = {
  bodyLimit: 2 ** 20,
  requestTimeout: 300_000,
  keepAliveTimeout: 75_000,
  connectionTimeout: 0, // a kernel may take minutes to start
  headersTimeout: 30_000,
  maxHeaderSize: 64 * 1024,
  maxConnections: 4096,
  maxParamLength: 4096,
};

/** The HTTP server without its resources. */
export function createHttpServer(config: ServerConfig, access: Access, log: Log): HttpServer {
  const { bodyLimit, requestTimeout, keepAliveTimeout, connectionTimeout } = limits;
  const { maxHeaderSize, maxParamLength, maxConnections, headersTimeout } = limits;
  const app = Fastify({
    ...{ bodyLimit, requestTimeout, keepAliveTimeout, connectionTimeout },
    routerOptions: { maxParamLength },
    http: { maxHeaderSize, headersTimeout },
    ...tls(config, maxHeaderSize, headersTimeout),
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIdOf,
    requestIdHeader: false,
    rewriteUrl: (request) => withoutBase(request.url ?? '/', config.baseUrl),
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      const { status, body } = answerFor(error, request.id);
      void reply.code(status).send(body);
    },
  } as FastifyServerOptions);
  app.server.maxConnections = maxConnections;
  addParsers(app);
  addReplies(app, log);
  addFallback(app);
  addAccess(app, access, config.baseUrl);
  addLogin(app, access, config.baseUrl);
  return { app, sockets: new WebSockets(app.server, access, config.baseUrl, log) };
}

/** JupyterLab sends JSON as text/plain: what a body is called does not matter. */
function addParsers(app: FastifyInstance): void {
  app.addHook('onRequest', ({ headers }, _reply, done) => {
    if (!/^[\w.+-]+\/[\w.+-]+/.test(headers['content-type'] ?? '')) {
      headers['content-type'] = 'application/json';
    }
    done();
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    try {
      done(null, body.length === 0 ? undefined : parseJson(decodeUtf8(body)));
    } catch (error) {
      done(error as Error);
    }
  });
}

function addReplies(app: FastifyInstance, log: Log): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    reply.header('x-content-type-options', 'nosniff').header('x-request-id', request.id);
    if (!reply.hasHeader('content-security-policy')) {
      reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'self'");
    }
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    done(null, payload);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const level = request.method === 'GET' && reply.statusCode < 400 ? 'debug' : 'info';
    if (log.isLevelEnabled(level)) {
      const line = { ...idAndPath(request), status: reply.statusCode, ms: Math.round(reply.elapsedTime) };
      request.log[level](line, 'request');
    }
    done();
  });
  app.setErrorHandler((error, request, reply) => {
    const { status, body } = answerFor(error, request.id);
    if (status >= 500) request.log.error({ ...idAndPath(request), err: error }, 'request failed');
    if (error instanceof HttpError) void reply.headers(error.headers);
    return reply.code(status).send(body);
  });
}

const idAndPath = (request: FastifyRequest) => ({
  method: request.method,
  path: loggedPath(request.originalUrl),
});

/** @throws RepliqueError SERVER_REFUSED where certificate or key can't be read */
function tls({ certFile, keyFile }: ServerConfig, maxHeaderSize: number, headersTimeout: number): object {
  if (certFile === undefined || keyFile === undefined) return {};
  try {
    const [cert, key] = [certFile, keyFile].map((file) => readFileSync(file));
    return { https: { cert, key, maxHeaderSize, headersTimeout, minVersion: 'TLSv1.2' } };
  } catch (error) {
    throw repliqueError('SERVER_REFUSED', {
      sentence: `The certificate can't be read: ${(error as Error).message}.`,
      remedy: 'Correct --certfile and --keyfile.',
    });
  }
}
