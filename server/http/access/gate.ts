import type { IncomingHttpHeaders } from 'node:http';
import { HttpError } from '../errors.ts';
import { parseCookies } from './cookies.ts';
import type { SessionCookies } from './cookies.ts';
import { isLocalHost, isOwnOrigin } from './hosts.ts';
import { sameSecret } from './secrets.ts';

/** What the gate looks at, of a request or of a WebSocket's beginning. */
export interface Visit {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
}

/** How a visitor has shown who they are: `open` where nothing is asked for. */
export type Visitor = 'token' | 'cookie' | 'open';

export interface GateOptions {
  /** Empty: there is none. */
  readonly token: string;
  readonly hasPassword: boolean;
  readonly cookies: SessionCookies;
  /** Hosts that requests may name; `any` where other machines may come. */
  readonly hosts: readonly string[] | 'any';
}

/** Decides who comes in. */
export class Gate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /**
   * Refuses requests for another host than this one.
   * @throws HttpError 403
   */
  checkHost({ headers }: Visit): void {
    const { hosts } = this.#options;
    if (hosts === 'any' || isLocalHost(headers.host, hosts)) return;
    throw new HttpError(403, 'This host is not known here. Name it with --allow-host where a proxy uses it.');
  }

  /** Who comes; `undefined`: somebody who has shown nothing that counts. */
  visitor({ headers, query }: Visit): Visitor | undefined {
    const { token, hasPassword, cookies } = this.#options;
    if (token === '' && !hasPassword) return 'open';
    const shown = [...headerTokens(headers.authorization), ...query.getAll('token')];
    if (token !== '' && shown.some((each) => sameSecret(each, token))) return 'token';
    const { host = '' } = headers;
    return cookies.isLoggedIn(parseCookies(headers.cookie), host) ? 'cookie' : undefined;
  }

  /**
   * Refuses what a page of somebody else makes a browser send: browsers send cookies whatever page asks, so a request that
   * has nothing better must come from our own pages. A token is sent by nobody who does not know it.
   * @throws HttpError 404 for another origin, 403 without `_xsrf`
   */
  checkSource(visit: Visit, visitor: Visitor): void {
    if (visitor === 'token') return;
    this.checkOrigin(visit);
    const { method, headers, query } = visit;
    if (['GET', 'HEAD', 'OPTIONS'].includes(method)) return;
    if (visitor === 'open' && !isBrowser(headers)) return;
    const wanted = this.#options.cookies.xsrfOf(parseCookies(headers.cookie));
    const given = headers['x-xsrftoken'] ?? headers['x-csrftoken'] ?? query.get('_xsrf') ?? '';
    if (wanted === undefined || typeof given !== 'string' || !sameSecret(wanted, given)) {
      throw new HttpError(403, "'_xsrf' argument missing or wrong");
    }
  }

  /** @throws HttpError 404 */
  checkOrigin({ method, headers }: Visit): void {
    const { origin, host } = headers;
    const foreign = origin !== undefined && !isOwnOrigin(origin, host);
    const site = headers['sec-fetch-site'];
    const opened =
      method === 'GET' &&
      headers['sec-fetch-mode'] === 'navigate' &&
      headers['sec-fetch-dest'] === 'document';
    const fromElsewhere = (site === 'cross-site' || site === 'same-site') && !opened;
    if (foreign || fromElsewhere) throw new HttpError(404, 'Not Found');
  }
}

function headerTokens(authorization: string | undefined): readonly string[] {
  const [, token] = /^(?:token|bearer)\s+(\S+)\s*$/i.exec(authorization ?? '') ?? [];
  return token === undefined ? [] : [token];
}

/** Browsers say where a request that changes something comes from. */
const isBrowser = (headers: IncomingHttpHeaders): boolean =>
  headers.origin !== undefined || headers['sec-fetch-site'] !== undefined || headers.cookie !== undefined;
