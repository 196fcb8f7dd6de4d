import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { isPublicAddress } from './addresses.ts';
import type { Budget, EgressLimits } from './budget.ts';
import type { Dialer } from './dial.ts';
import { readHead } from './head.ts';
import { relay } from './relay.ts';
import { parseRequest, type ProxyRequest } from './request.ts';
import { showAuthority } from './rules.ts';

/** One connection that code inside wanted, when it is over. */
export interface ConnectionReport {
  readonly host: string;
  readonly port: number;
  /** What the name stood for; absent where nothing was connected. */
  readonly address?: string;
  readonly decision: 'allow' | 'deny';
  /** Why it was refused or cut. */
  readonly reason?: string;
  /** Bytes that came from the host, and went to it. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durationMs: number;
}

export interface ProxyOptions {
  readonly dialer: Dialer;
  readonly limits: EgressLimits;
  readonly budget: Budget;
  /** Whether a host may be reached; it may ask a person. */
  readonly permits: (host: string, port: number) => Promise<boolean>;
  readonly onConnection: (report: ConnectionReport) => void;
}

interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly remedy?: string;
}

const statusWords: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
};
const mostAddresses = 4;

/** Serves one connection of the sandbox: one request, and what follows from it. Never rejects. */
export async function serveConnection(client: Duplex, options: ProxyOptions): Promise<void> {
  const began = performance.now();
  client.on('error', () => undefined);
  const read = await readHead(client, options.limits.setupMs);
  if (read === undefined) {
    client.destroy();
    return;
  }
  if ('problem' in read) {
    answer(client, { status: read.status, reason: read.problem });
    return;
  }
  const request = parseRequest(read.head);
  if ('problem' in request) {
    answer(client, { status: request.status, reason: request.problem });
    return;
  }
  const { host, port } = request;
  const report = (rest: Omit<ConnectionReport, 'host' | 'port' | 'durationMs'>): void =>
    options.onConnection({ host, port, ...rest, durationMs: performance.now() - began });
  const deny = (refusal: Refusal): void => {
    answer(client, refusal);
    report({ decision: 'deny', reason: refusal.reason, bytesIn: 0, bytesOut: 0 });
  };
  if (!(await options.permits(host, port))) {
    deny(notAllowed(host, port));
    return;
  }
  const broken = options.budget.open(host);
  if (broken !== undefined) {
    deny({ status: 429, reason: `The limit is reached: ${broken}.` });
    return;
  }
  try {
    const dialled = await dial(request, options);
    if ('status' in dialled) {
      deny(dialled);
      return;
    }
    const { address, server } = dialled;
    const ended = await relay(client, server, { request, early: read.rest, options });
    report({ address, decision: 'allow', ...ended });
  } finally {
    options.budget.close(host);
  }
}

function notAllowed(host: string, port: number): Refusal {
  const name = showAuthority(host, [80, 443].includes(port) ? undefined : port);
  return {
    status: 403,
    reason: `${showAuthority(host, port)} is not among the hosts that may be reached.`,
    remedy: `Run \`%allow ${name}\` in a cell to allow it for this session.`,
  };
}

/** Resolves the name once and connects to what it stood for then. */
async function dial(
  { host, port }: ProxyRequest,
  { dialer, limits }: ProxyOptions,
): Promise<{ readonly address: string; readonly server: Duplex } | Refusal> {
  let addresses: readonly string[];
  try {
    addresses = await within(dialer.resolve(host), limits.setupMs);
  } catch {
    return { status: 502, reason: `The name ${host} could not be resolved.` };
  }
  const open = addresses.filter((address) => isIP(address) !== 0 && isPublicAddress(address));
  if (open.length === 0) {
    return {
      status: 403,
      reason: `${host} stands for an address that is private, local or reserved; such are never reached from the sandbox.`,
    };
  }
  for (const address of open.slice(0, mostAddresses)) {
    try {
      const server = await dialer.connect(address, port, AbortSignal.timeout(limits.setupMs));
      server.on('error', () => undefined);
      return { address, server };
    } catch {
      continue;
    }
  }
  return { status: 502, reason: `No connection to ${showAuthority(host, port)} could be made.` };
}

function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('too late')), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Answers in the proxy's own name and closes. */
function answer(client: Duplex, { status, reason, remedy }: Refusal): void {
  const body = `${['Replique: ' + reason, ...(remedy === undefined ? [] : [remedy])].join('\n')}\n`;
  // Python shows the status line of a refused CONNECT, and nothing else.
  const words =
    status === 403 && remedy !== undefined ? `Forbidden: ${remedy.replaceAll('`', '')}` : statusWords[status];
  const head = [
    `HTTP/1.1 ${status} ${words ?? 'Refused'}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '\r\n',
  ];
  client.end(head.join('\r\n') + body);
  // What the client still sends is not wanted, and its end is not waited for.
  client.resume();
  client.once('finish', () => client.destroy());
}
