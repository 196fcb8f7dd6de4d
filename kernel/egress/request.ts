import { parseAuthority } from './rules.ts';

/** Most bytes of a request's line and headers. */
export const largestHead = 16 * 1024;
const mostHeaders = 100;

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const requestLine = new RegExp(`^(${token}) ([\\x21-\\x7e]+) HTTP/1\\.[01]$`);
const headerLine = new RegExp(`^(${token}):[ \\t]*([\\t\\x20-\\x7e\\x80-\\xff]*?)[ \\t]*$`);

/** Headers that concern one connection only (RFC 9110, section 7.6.1), and what is meant for a proxy. */
const hopByHop = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'proxy-authorization',
  'proxy-authenticate',
  'te',
  'trailer',
  'upgrade',
  'host',
  'expect',
]);

/** A request that the proxy takes. */
export interface ProxyRequest {
  readonly host: string;
  readonly port: number;
  /** What the server is sent before the body; absent for CONNECT. */
  readonly head?: string;
  /** Bytes of body that follow the head. */
  readonly bodyBytes: number;
}

/** A request that it does not take. */
export interface BadRequest {
  readonly status: number;
  readonly problem: string;
}

const bad = (problem: string, status = 400): BadRequest => ({ status, problem });

/**
 * Reads the head of a request, without its empty line: CONNECT, or absolute-form http. Whatever two readers could
 * understand differently is refused.
 * @param head in Latin-1
 */
export function parseRequest(head: string): ProxyRequest | BadRequest {
  const [first = '', ...lines] = head.split('\r\n');
  const line = requestLine.exec(first);
  if (!line) return bad('The request line is malformed.');
  const [, method = '', target = ''] = line;
  if (lines.length > mostHeaders) return bad('There are too many headers.', 431);
  const headers: (readonly [name: string, value: string])[] = [];
  for (const text of lines) {
    const match = headerLine.exec(text);
    if (!match) return bad('A header is malformed.');
    headers.push([match[1] ?? '', match[2] ?? '']);
  }
  const valuesOf = (name: string): readonly string[] =>
    headers.flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : []));
  if (valuesOf('transfer-encoding').length > 0) {
    return bad('Transfer-Encoding is not taken: send the body with a Content-Length.', 501);
  }
  const lengths = valuesOf('content-length');
  if (lengths.length > 1 || lengths.some((length) => !/^[0-9]{1,15}$/.test(length))) {
    return bad('The Content-Length is not one number.');
  }
  if (valuesOf('host').length > 1) return bad('There is more than one Host.');
  const bodyBytes = Number(lengths[0] ?? 0);
  if (method === 'CONNECT') return connectRequest(target, bodyBytes);
  const url = /^http:\/\/([^/?#]+)([/?][^#]*)?$/i.exec(target);
  const authority = url && parseAuthority(url[1] ?? '');
  if (!authority) return bad('Only CONNECT host:port and http://host/… are taken.');
  const { host, port = 80 } = authority;
  const named = new Set(
    valuesOf('connection').flatMap((value) => value.toLowerCase().split(/[ \t]*,[ \t]*/)),
  );
  named.delete('content-length');
  const kept = headers.filter(([key]) => !hopByHop.has(key.toLowerCase()) && !named.has(key.toLowerCase()));
  const path = url[2] ?? '/';
  return {
    ...{ host, port, bodyBytes },
    head: [
      `${method} ${path.startsWith('/') ? path : `/${path}`} HTTP/1.1`,
      `Host: ${url[1] ?? ''}`,
      ...kept.map(([key, value]) => `${key}: ${value}`),
      'Connection: close',
      '\r\n',
    ].join('\r\n'),
  };
}

function connectRequest(target: string, bodyBytes: number): ProxyRequest | BadRequest {
  const authority = parseAuthority(target);
  if (authority?.port === undefined) return bad('CONNECT needs host:port.');
  if (bodyBytes > 0) return bad('CONNECT has no body.');
  return { host: authority.host, port: authority.port, bodyBytes };
}
