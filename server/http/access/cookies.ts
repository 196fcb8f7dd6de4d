import { randomBytes } from 'node:crypto';
import type { Seal } from './secrets.ts';

const mostCookies = 200;
const validDays = 30;
const dayMs = 86_400_000;

/** Cookies of a request, after RFC 6265; of one name the first counts. */
export function parseCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (header ?? '').split(';', mostCookies)) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, equals)).trim();
    const value = pair
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
    if (name !== '' && !cookies.has(name)) cookies.set(name, value);
  }
  return cookies;
}

interface CookiePlace {
  /** Path of the cookies. */
  readonly baseUrl: string;
  readonly secure: boolean;
}

/** The two cookies of a browser: who it is, which no script can read, and what its scripts prove to be ours with. */
export class SessionCookies {
  readonly #seal: Seal;
  readonly #attributes: string;

  constructor(seal: Seal, { baseUrl, secure }: CookiePlace) {
    this.#seal = seal;
    this.#attributes = `Path=${baseUrl}; SameSite=Lax${secure ? '; Secure' : ''}`;
  }

  /** Whether the request comes from who has logged in. */
  isLoggedIn(cookies: ReadonlyMap<string, string>, host: string): boolean {
    const since = this.#seal.open('login', cookies.get(loginName(host)) ?? '');
    const age = since === undefined ? NaN : Date.now() - Number(since);
    return age >= 0 && age < validDays * dayMs;
  }

  /** `Set-Cookie` of a login. */
  login(host: string): string {
    const value = this.#seal.sign('login', String(Date.now()));
    return `${loginName(host)}=${value}; ${this.#attributes}; HttpOnly; Max-Age=${validDays * 86_400}`;
  }

  /** `Set-Cookie` that ends it. */
  logout(host: string): string {
    return `${loginName(host)}=; ${this.#attributes}; HttpOnly; Max-Age=0`;
  }

  /** The request's `_xsrf` where it is one that we have made. */
  xsrfOf(cookies: ReadonlyMap<string, string>): string | undefined {
    const value = cookies.get('_xsrf') ?? '';
    return this.#seal.open('xsrf', value) === undefined ? undefined : value;
  }

  /** A new `_xsrf` and its `Set-Cookie`. */
  newXsrf(): { readonly value: string; readonly cookie: string } {
    const value = this.#seal.sign('xsrf', randomBytes(16).toString('hex'));
    return { value, cookie: `_xsrf=${value}; ${this.#attributes}` };
  }
}

/** Jupyter's name: the cookies of two servers on one host must not be the same. */
const loginName = (host: string): string => `username-${host.replace(/[^A-Za-z0-9_-]/g, '-')}`;
