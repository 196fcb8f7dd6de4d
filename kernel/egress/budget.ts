/** Bounds on what one session may do with the network. */
export interface EgressLimits {
  /** Bytes to and from one host, over the session. */
  readonly hostBytes: number;
  /** Requests to one host in a minute. */
  readonly requestsPerMinute: number;
  /** Connections at a time: to one host, and to all. */
  readonly hostConnections: number;
  readonly connections: number;
  /** How long a connection may carry nothing. */
  readonly idleMs: number;
  /** How long a request's head, a name's resolution and each connection attempt may take. */
  readonly setupMs: number;
  /** How long a person may take to answer whether a host may be reached. */
  readonly askMs: number;
}

export const defaultLimits: EgressLimits = {
  hostBytes: 2 ** 30,
  requestsPerMinute: 600,
  hostConnections: 16,
  connections: 32,
  idleMs: 120_000,
  setupMs: 15_000,
  askMs: 60_000,
};

interface Account {
  bytes: number;
  open: number;
  /** Tokens of the rate limit, and when they were counted. */
  tokens: number;
  at: number;
}

const mostHosts = 4096;

/** What each host has used of its bounds. */
export class Budget {
  readonly #limits: EgressLimits;
  readonly #now: () => number;
  readonly #accounts = new Map<string, Account>();
  #open = 0;

  constructor(limits: EgressLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Begins a connection, or says which bound forbids it. */
  open(host: string): string | undefined {
    const { hostBytes, requestsPerMinute, hostConnections, connections } = this.#limits;
    const account = this.#accountOf(host);
    if (account === undefined) return 'too many different hosts in this session';
    const now = this.#now();
    account.tokens = Math.min(
      requestsPerMinute,
      account.tokens + ((now - account.at) / 60_000) * requestsPerMinute,
    );
    account.at = now;
    if (account.bytes >= hostBytes) return `more than ${hostBytes} bytes with this host in this session`;
    if (this.#open >= connections) return `more than ${connections} connections at a time`;
    if (account.open >= hostConnections)
      return `more than ${hostConnections} connections to this host at a time`;
    if (account.tokens < 1) return `more than ${requestsPerMinute} requests to this host in a minute`;
    account.tokens -= 1;
    account.open += 1;
    this.#open += 1;
    return undefined;
  }

  close(host: string): void {
    const account = this.#accounts.get(host);
    if (account) account.open -= 1;
    this.#open -= 1;
  }

  /** Counts bytes; says which bound they break. */
  spend(host: string, bytes: number): string | undefined {
    const account = this.#accounts.get(host);
    if (account) account.bytes += bytes;
    return account && account.bytes <= this.#limits.hostBytes
      ? undefined
      : `more than ${this.#limits.hostBytes} bytes with this host in this session`;
  }

  #accountOf(host: string): Account | undefined {
    const known = this.#accounts.get(host);
    if (known || this.#accounts.size >= mostHosts) return known;
    const account = { bytes: 0, open: 0, tokens: this.#limits.requestsPerMinute, at: this.#now() };
    this.#accounts.set(host, account);
    return account;
  }
}
