import type { WebSocket } from 'ws';
import type { Log } from './log.ts';

/** Close codes after RFC 6455 and IANA. 1000 and 1001 tell Jupyter's clients that they need not come back. */
export const closeCodes = { invalid: 1007, failed: 1011, restart: 1012 } as const;

/** What is done with what comes over a WebSocket. One that throws ends its own socket alone. */
export interface SocketHandlers {
  readonly message?: (data: Buffer, isBinary: boolean) => void;
  readonly pong?: () => void;
  /** @param code how it was closed (RFC 6455, 7.4) */
  readonly closed?: (code: number) => void;
}

/**
 * Has a WebSocket handled. What is thrown is a bug: it is logged, the client is told to come back, and the server goes on.
 * @param open takes the socket
 */
export function handle(socket: WebSocket, open: () => SocketHandlers, log: Log, reqId: string): void {
  socket.on('error', (error) => log.info({ reqId, problem: error.message }, 'websocket failed'));
  const guarded =
    <A extends readonly unknown[]>(run: (...given: A) => void) =>
    (...given: A): void => {
      try {
        run(...given);
      } catch (err) {
        log.error({ reqId, err }, 'websocket handler failed');
        socket.close(closeCodes.failed, 'Something went wrong in the server.');
      }
    };
  guarded(() => {
    const { message, pong, closed } = open();
    if (message)
      socket.on(
        'message',
        guarded((data, isBinary) => message(data as Buffer, isBinary)),
      );
    if (pong) socket.on('pong', guarded(pong));
    if (closed) socket.on('close', guarded(closed));
  })();
}
