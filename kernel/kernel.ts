import { v4 as uuid } from 'uuid';
import packageJson from '../package.json' with { type: 'json' };
import type { KernelSession, SessionOptions } from './kernel-session.ts';
import { portsOf, type ConnectionInfo } from './protocol/connection-file.ts';
import { startRouter } from './router/router.ts';
import type { Sockets } from './wire/sockets.ts';
import { zmqTransport } from './wire/zmq-transport.ts';

export interface KernelOptions extends SessionOptions {
  readonly connection: ConnectionInfo;
  /** They are open; the kernel closes them. */
  readonly sockets: Sockets;
}

export interface RunningKernel {
  /** What SIGINT does. */
  interrupt(): void;
  /** Ends the session and closes the sockets. */
  close(): Promise<void>;
  /** Settles when the kernel has ended, by `close` or by a client's shutdown_request. */
  readonly closed: Promise<void>;
}

/** Starts a kernel: begins to answer, and then the session and its worker. */
export function startKernel(options: KernelOptions): RunningKernel {
  const { connection, sockets, log } = options;
  const sessionId = uuid();
  const transport = zmqTransport(sockets, { connection, sessionId, log });
  let begun: Promise<KernelSession> | undefined;
  const ready = (): Promise<KernelSession> =>
    (begun ??= import('./kernel-session.ts').then(({ openSession }) => openSession(options, sessionId)));
  let ending: Promise<void> | undefined;
  let settle: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const end = async (): Promise<void> => {
    await router.close();
    try {
      await (await begun?.catch(() => undefined))?.end();
    } finally {
      await transport.close();
      settle();
    }
  };
  const close = (): Promise<void> => (ending ??= end());
  const router = startRouter({
    ...{ transport, sessionId, log },
    session: { ready, begun: () => begun },
    version: packageJson.version,
    ports: portsOf(connection),
    onShutdown: () => {
      close().catch((error: unknown) => log(`The kernel did not end cleanly: ${String(error)}`));
    },
  });
  ready().catch((error: unknown) => log(`The session could not begin: ${String(error)}`));
  return { interrupt: () => router.interrupt(), close, closed };
}
