import type { Duplex } from 'node:stream';
import type { EgressLine, NetworkAccess } from '../sandbox/contract.ts';
import { repliqueError } from '../errors.ts';
import { Budget, defaultLimits, type EgressLimits } from './budget.ts';
import { systemDialer, type Dialer } from './dial.ts';
import { Multiplexer } from './multiplexer.ts';
import { serveConnection, type ConnectionReport } from './proxy.ts';
import { covers, mostRules, parseRule, showAuthority, showRule, type Rule } from './rules.ts';

/** Where the forwarder listens, on the sandbox's own loopback. worker/forwarder.py has the same. */
const proxyAddress = 'http://127.0.0.1:3128';
const readyMs = 5_000;
const mostNotices = 20;

export interface EgressOptions {
  /** `host[:port]` and `*.host[:port]`. */
  readonly allow: readonly string[];
  /** Told of each connection when it is over. Must not throw. */
  readonly onConnection: (report: ConnectionReport) => void;
  /** Asks a person about a host that is not allowed. Without it the answer is no. */
  readonly ask?: (host: string, port: number) => Promise<boolean>;
  /** Whether it would be asked now: where not, and nothing is allowed, there is no way out at all. */
  readonly asks?: () => boolean;
  readonly limits?: Partial<EgressLimits>;
  /** The system's unless a test puts its own in place. */
  readonly dialer?: Dialer;
}

/** The one way out of a session's sandboxes. */
export interface Egress extends NetworkAccess {
  /** Opens hosts for the session, all or none. @throws RepliqueError HOST_INVALID */
  allow(...rules: readonly string[]): void;
  /** Closes it again for new connections; `false` where it was not open. @throws RepliqueError HOST_INVALID */
  remove(rule: string): boolean;
  allowed(): readonly string[];
}

/**
 * Makes a session's egress: closed until a host is allowed.
 * @throws RepliqueError HOST_INVALID
 */
export function createEgress(options: EgressOptions): Egress {
  return new SessionEgress(options);
}

class SessionEgress implements Egress {
  readonly #options: EgressOptions;
  readonly #limits: EgressLimits;
  readonly #budget: Budget;
  readonly #rules = new Map<string, Rule>();
  #notices: string[] = [];

  constructor(options: EgressOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#budget = new Budget(this.#limits);
    this.allow(...options.allow);
  }

  allow(...texts: readonly string[]): void {
    const rules = texts.map(parseRule);
    if (this.#rules.size + rules.length > mostRules) {
      throw repliqueError('HOST_INVALID', { host: texts.join(' ').slice(0, 100) });
    }
    for (const rule of rules) this.#rules.set(showRule(rule), rule);
  }

  remove(text: string): boolean {
    return this.#rules.delete(showRule(parseRule(text)));
  }

  allowed(): readonly string[] {
    return [...this.#rules.keys()];
  }

  attach(line: EgressLine): ReturnType<NetworkAccess['attach']> {
    let ready: Promise<boolean> | undefined;
    let gone = false;
    let told = false;
    let tell: (ready: boolean) => void = () => undefined;
    new Multiplexer(line.channel, {
      onReady: () => tell(true),
      onConnection: (connection) => this.#serve(connection),
      onEnd: (breach) => {
        gone = true;
        tell(false);
        told = breach !== undefined;
        if (breach !== undefined)
          this.#say(`The sandbox's network was closed: its forwarder sent ${breach}.`);
      },
    });
    return {
      proxy: async () => {
        if (this.#rules.size === 0 && !this.#asks()) return undefined;
        if (gone) {
          if (!told)
            this.#say(
              'The sandbox’s network is gone: its forwarder was ended. Restart the kernel to have it again.',
            );
          told = true;
          return undefined;
        }
        ready ??= new Promise((resolve) => {
          const timer = setTimeout(() => tell(false), readyMs);
          tell = (is) => {
            clearTimeout(timer);
            resolve(is);
          };
          line.start();
        });
        return (await ready) ? proxyAddress : undefined;
      },
    };
  }

  takeNotices(): readonly string[] {
    return this.#notices.splice(0);
  }

  #serve(connection: Duplex): void {
    void serveConnection(connection, {
      dialer: this.#options.dialer ?? systemDialer,
      limits: this.#limits,
      budget: this.#budget,
      permits: (host, port) => this.#permits(host, port),
      onConnection: (report) => {
        if (report.decision === 'allow' && report.reason !== undefined) {
          this.#say(
            `The connection to ${showAuthority(report.host, report.port)} was ended: ${report.reason}.`,
          );
        }
        this.#options.onConnection(report);
      },
    });
  }

  #asks(): boolean {
    const { ask, asks } = this.#options;
    return ask !== undefined && (asks?.() ?? true);
  }

  async #permits(host: string, port: number): Promise<boolean> {
    if ([...this.#rules.values()].some((rule) => covers(rule, host, port))) return true;
    const { ask } = this.#options;
    if (ask === undefined || !this.#asks()) return false;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), this.#limits.askMs);
    });
    try {
      return await Promise.race([ask(host, port), late]);
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  #say(notice: string): void {
    if (this.#notices.length < mostNotices) this.#notices.push(notice);
  }
}
