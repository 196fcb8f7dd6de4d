import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import type { Duplex } from 'node:stream';

/** How names become addresses, and addresses connections. Tests put their own in place. */
export interface Dialer {
  resolve(host: string): Promise<readonly string[]>;
  /** Settles when the connection stands. */
  connect(address: string, port: number, signal: AbortSignal): Promise<Duplex>;
}

/** The system's own. */
export const systemDialer: Dialer = {
  async resolve(host) {
    if (isIP(host) !== 0) return [host];
    return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
  },
  connect: (address, port, signal) =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: address, port, allowHalfOpen: true });
      const abort = (): void => {
        socket.destroy(new Error('too late'));
      };
      signal.addEventListener('abort', abort, { once: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        signal.removeEventListener('abort', abort);
        socket.off('error', reject);
        resolve(socket);
      });
    }),
};
