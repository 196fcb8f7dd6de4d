import type { AddressInfo } from 'node:net';
import { repliqueError } from '../../kernel/errors.ts';
import type { ServerConfig } from '../config.ts';
import type { HttpServer } from '../http/server.ts';

/** @throws RepliqueError SERVER_REFUSED */
export function refuseRoot({ allowRoot }: ServerConfig): void {
  if (allowRoot || process.getuid?.() !== 0) return;
  throw repliqueError('SERVER_REFUSED', {
    sentence: 'The server is about to run as root: who gets in would own this machine.',
    remedy: 'Run it as an ordinary user, or give --allow-root.',
  });
}

/** @throws RepliqueError PORT_IN_USE, SERVER_REFUSED */
export async function listen({ app }: HttpServer, { ip, port }: ServerConfig): Promise<number> {
  try {
    await app.listen({ host: ip, port });
    return (app.server.address() as AddressInfo).port;
  } catch (error) {
    await app.close();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw repliqueError('PORT_IN_USE', { address: `${ip}:${port}` });
    const remedies: Readonly<Record<string, string>> = {
      EACCES: 'Name a port from 1024 to 65535, which needs no rights.',
      EADDRNOTAVAIL: 'Name an address of this machine with --ip.',
    };
    throw repliqueError('SERVER_REFUSED', {
      sentence: `The server can't listen on ${ip}:${port}: ${message}.`,
      remedy: remedies[code ?? ''] ?? 'Correct --ip and --port.',
    });
  }
}

/** Where it is reached, with the base URL. */
export function addressOf({ certFile, ip, baseUrl }: ServerConfig, port: number): string {
  const scheme = certFile === undefined ? 'http' : 'https';
  const host = ip.includes(':') ? `[${ip}]` : ip;
  return `${scheme}://${host}:${port}${baseUrl}`;
}
