import { isIP, isIPv4 } from 'node:net';
import { repliqueError } from '../errors.ts';

/** Ports that a rule without one opens. */
const defaultPorts: readonly number[] = [80, 443];
export const mostRules = 256;

const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
const numeric = /^(?:[0-9]+|0x[0-9a-f]*)$/;
const longestName = 253;

/** What may be reached: a host, or all names below it, on one port or the default ones. */
export interface Rule {
  readonly host: string;
  readonly below: boolean;
  readonly port: number | undefined;
}

/**
 * A host as a request or rule may name it, in lower case: a name of ASCII labels, dotted IPv4, or IPv6 in its plain
 * form. Other notations of an address (decimal, octal, hexadecimal, shortened, with a zone) are `undefined`.
 */
export function parseHost(text: string): string | undefined {
  const host = text.toLowerCase();
  if (isIP(host) !== 0) return host.includes('%') ? undefined : host;
  const labels = host.split('.');
  if (host.length > longestName || !labels.every((part) => label.test(part))) return undefined;
  return numeric.test(labels.at(-1) ?? '') ? undefined : host;
}

/** Splits `host:port` and `[v6]:port`; the port is `undefined` where there is none. */
export function parseAuthority(
  text: string,
): { readonly host: string; readonly port: number | undefined } | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::([1-9][0-9]{0,4}))?$/.exec(text);
  const host = match && parseHost(match[1] ?? match[2] ?? '');
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (!host || (match[1] !== undefined) !== host.includes(':') || (port ?? 1) > 65535) return undefined;
  return { host, port };
}

/**
 * Reads `host[:port]` or `*.host[:port]`. A wildcard needs two labels below it: `*.org` would be everything.
 * @throws RepliqueError HOST_INVALID
 */
export function parseRule(text: string): Rule {
  const below = text.startsWith('*.');
  const authority = parseAuthority(below ? text.slice(2) : text);
  const isAddress = authority !== undefined && isIP(authority.host) !== 0;
  if (!authority || (below && (isAddress || !authority.host.includes('.')))) {
    throw repliqueError('HOST_INVALID', { host: text.slice(0, 100) });
  }
  return { ...authority, below };
}

/** The rule as it is written. */
export function showRule({ host, below, port }: Rule): string {
  return `${below ? '*.' : ''}${showAuthority(host, port)}`;
}

/** `host:port`, with brackets where it needs them. */
export function showAuthority(host: string, port: number | undefined): string {
  const name = host.includes(':') && !isIPv4(host) ? `[${host}]` : host;
  return port === undefined ? name : `${name}:${port}`;
}

/** Whether the rule opens that port of that host. */
export function covers(rule: Rule, host: string, port: number): boolean {
  const named = rule.below ? host.endsWith(`.${rule.host}`) : host === rule.host;
  return named && (rule.port === undefined ? defaultPorts.includes(port) : rule.port === port);
}
