import { isLoopback } from '../../config.ts';

/** Whether a `Host` header names this machine: a page whose own name was made to point here must not get in. */
export function isLocalHost(host: string | undefined, allowed: readonly string[]): boolean {
  const name = hostName(host);
  return name !== undefined && (isLoopback(name) || allowed.includes(name));
}

/** Whether an `Origin` is that of the pages that this host serves. */
export function isOwnOrigin(origin: string, host: string | undefined): boolean {
  try {
    return host !== undefined && new URL(origin).host === hostWithout(host, new URL(origin).protocol);
  } catch {
    return false; // `null`, of a frame without an origin
  }
}

function hostName(host: string | undefined): string | undefined {
  const url = parsed(host, 'http:');
  return url?.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

const hostWithout = (host: string, protocol: string): string | undefined => parsed(host, protocol)?.host;

function parsed(host: string | undefined, protocol: string): URL | undefined {
  if (host === undefined || !/^[\w.:[\]-]{1,300}$/.test(host)) return undefined;
  try {
    return new URL(`${protocol}//${host}`);
  } catch {
    return undefined;
  }
}
