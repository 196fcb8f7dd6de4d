import { createServer, type Server, type Socket } from 'node:net';
import { EngineError, type Engine } from './engine.ts';
import { FairQueue } from './queue.ts';
import {
  encode,
  hostRequest,
  LineReader,
  protocolVersion,
  type HostReply,
  type HostRequest,
  type HostUsage,
} from './protocol.ts';

interface HostServerOptions {
  readonly engine: Engine;
  /** How long it stays without a request, in milliseconds. */
  readonly idleMs: number;
  readonly log: (line: string) => void;
  /** Called once, when it was idle for so long; it accepts nothing any more. */
  readonly onIdle: () => void;
}

const maxConnections = 64;

/** Serves requests on the engine, one at a time, each over a connection of its own. */
export function hostServer({ engine, idleMs, log, onIdle }: HostServerOptions): Server {
  const queue = new FairQueue();
  const open = new Set<Socket>();
  let idle: NodeJS.Timeout | undefined;
  const watchIdle = (): void => {
    clearTimeout(idle);
    if (open.size > 0) return;
    idle = setTimeout(() => {
      server.close();
      onIdle();
    }, idleMs);
  };
  const server = createServer((socket) => {
    open.add(socket);
    clearTimeout(idle);
    const gone = new AbortController();
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      open.delete(socket);
      gone.abort(new Error('the connection was closed'));
      watchIdle();
    });
    const send = (reply: HostReply): void => {
      if (!socket.destroyed) socket.write(encode(reply));
    };
    send({ type: 'hello', version: protocolVersion, pid: process.pid });
    onFirstLine(socket, (line) => {
      void answer(line, send, gone.signal).finally(() => socket.end());
    });
  });
  server.maxConnections = maxConnections;
  server.on('listening', watchIdle);
  server.on('close', () => clearTimeout(idle));

  async function answer(line: string, send: (reply: HostReply) => void, signal: AbortSignal): Promise<void> {
    try {
      const request = parse(line);
      if (queue.busy) send({ type: 'waiting', reason: 'queue' });
      const client = request.type === 'generate' ? request.conversation : request.type;
      send(await queue.run(client, () => handle(request, send, signal), signal));
    } catch (error) {
      if (signal.aborted) return;
      log(`failed: ${error instanceof Error ? error.message : String(error)}`);
      if (error instanceof EngineError)
        send({ type: 'failed', kind: error.kind, message: error.message.slice(0, 4000) });
      else send({ type: 'failed', kind: 'server', message: 'The model failed while it computed.' });
    }
  }

  async function handle(
    request: HostRequest,
    send: (reply: HostReply) => void,
    signal: AbortSignal,
  ): Promise<HostReply> {
    if (!engine.isLoaded(request.path)) send({ type: 'waiting', reason: 'model' });
    if (request.type === 'info') return { type: 'info', contextLength: await engine.load(request.path) };
    if (request.type === 'ping') {
      await engine.ping(request.path);
      return { type: 'pong' };
    }
    const onText = (text: string, usage: HostUsage): void => send({ type: 'text', text, usage });
    return { type: 'done', ...(await engine.generate(request, { signal, onText })) };
  }

  return server;
}

function parse(line: string): HostRequest {
  try {
    return hostRequest.parse(JSON.parse(line));
  } catch (error) {
    throw new EngineError('bad-request', 'The model host does not understand this request.', {
      cause: error,
    });
  }
}

function onFirstLine(socket: Socket, take: (line: string) => void): void {
  const reader = new LineReader();
  let taken = false;
  socket.on('data', (chunk) => {
    if (taken) return;
    try {
      const [line] = reader.push(chunk);
      if (line === undefined) return;
      taken = true;
      take(line);
    } catch {
      socket.destroy();
    }
  });
}
