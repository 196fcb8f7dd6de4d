import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Below those that Linux gives to connections and to who asks for any: what is found free stays so until it is used. */
const from = 10_000;
const count = 20_000;

/** Ports that nobody listens on, no two the same. */
export async function freePorts(wanted: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < wanted) {
    const port = from + randomInt(count);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port!;
}

/** How many peers are connected to a port of this machine, after proc_pid_net(5). */
export function connectionsTo(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  return lines.filter((line) => {
    const [, at, , state] = line.trim().split(/\s+/);
    return at?.endsWith(local) && state === '01';
  }).length;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
