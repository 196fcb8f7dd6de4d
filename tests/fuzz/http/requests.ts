import type { Random } from '../random.ts';
import { bodyFor } from './bodies.ts';
import { encoded, oddName, pathFor, type Known } from './paths.ts';

/** A request as bytes. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** Sent one after the other. */
  readonly pieces: readonly Buffer[];
  /** Whether all of it comes, so that it must be answered. */
  readonly isWhole: boolean;
}

const methods = ['GET', 'GET', 'GET', 'PUT', 'PUT', 'POST', 'POST', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
const oddMethods = ['TRACE', 'CONNECT', 'PROPFIND', 'M-SEARCH', 'get', 'FOO', '', 'QUERY', 'SOURCE', 'G\0T'];

/** One request: most of them nearly right, so that they come far. */
export function requestFor(
  random: Random,
  known: Known,
  server: { readonly port: number; readonly token: string },
): RawRequest {
  const path = pathFor(random, known);
  const asksEvents = /\/sessions\/[^/]+\/events$/.test(path) && random.chance(0.8);
  const ordinary = asksEvents ? ['GET'] : methods;
  const method = random.chance(0.03) ? random.pick(oddMethods) : random.pick(ordinary);
  const query = asksEvents ? eventsQuery(random, known) : queryFor(random, server.token);
  const target = encoded(random, path) + query;
  const hasBody = /^P(?:UT|OST|ATCH)$/.test(method) ? random.chance(0.95) : random.chance(0.1);
  const body = hasBody ? bodyFor(random, path, known) : undefined;
  const headers = headersFor(random, server);
  if (asksEvents && random.chance(0.5)) headers.push(`Last-Event-ID: ${eventId(random, known)}`);
  const framed =
    body === undefined ? { lines: [], body: Buffer.alloc(0), isWhole: true } : frame(random, body);
  const line = `${method} ${odds(random, target)} HTTP/${random.chance(0.01) ? random.pick(['1.0', '2.0', '0.9', '9']) : '1.1'}`;
  const head = Buffer.from([line, ...headers, ...framed.lines, '', ''].join('\r\n'), 'latin1');
  // What asks for a tunnel is closed.
  const isWhole = framed.isWhole && method !== 'CONNECT';
  const whole = { method, target, isWhole, pieces: [head, framed.body] };
  return random.chance(0.04) ? mangled(random, whole) : whole;
}

/** Forms of a target that proxies use, now and then. */
const odds = (random: Random, target: string): string =>
  random.chance(0.02)
    ? random.pick(['*', 'x', '', `http://localhost${target}`, `//evil.invalid${target}`])
    : target;

/** Which events are asked for. */
const eventsQuery = (random: Random, { runs }: Known): string =>
  random.pick([
    ...['', '', '?running=1', '?running=0', `?run=${random.pick([...runs, 'none'])}`],
    ...[`?run=${random.pick([...runs, 'none'])}`, `?run=${random.pick([...runs, 'x'])}&running=1`, '?run='],
  ]);

/** The last event that a reader says that it has. */
function eventId(random: Random, { events }: Known): string {
  const [name = '00000000', number = '0'] = random.pick([...events, '00000000-0']).split('-');
  return random.pick([
    ...[`${name}-${number}`, `${name}-${number}`, `${name}-0`, `${name}-999999999999999`, `${name}--1`],
    ...[`${name}-1e3`, name, '', '\xff', 'x'.repeat(3000), 'ffffffff-1'],
  ]);
}

function queryFor(random: Random, token: string): string {
  if (random.chance(0.5)) return '';
  const key = (): string =>
    random.pick([
      ...[
        'type',
        'format',
        'content',
        'hash',
        'session_id',
        'token',
        '_xsrf',
        'download',
        'ids_only',
        'next',
      ],
      ...['__proto__', 'a[]', 'a[b]', '', 'v', '1700000000000', 'constructor'],
    ]);
  const value = (): string =>
    random.pick([
      ...[
        '0',
        '1',
        'file',
        'notebook',
        'directory',
        'text',
        'base64',
        'undefined',
        '',
        '%',
        '%00',
        '%ff',
        '%zz',
      ],
      ...[
        token,
        'x'.repeat(random.pick([10, 500])),
        encodeURIComponent(oddName(random).replace(/\p{Surrogate}/gu, '')),
      ],
    ]);
  const pairs = Array.from({ length: 1 + random.below(4) }, () => `${key()}=${value()}`);
  return `?${pairs.join(random.pick(['&', '&', ';', '&&', '?']))}`;
}

function headersFor(
  random: Random,
  { port, token }: { readonly port: number; readonly token: string },
): string[] {
  const host = random.chance(0.95)
    ? `127.0.0.1:${port}`
    : random.pick(['evil.invalid', '', 'a b', '[::1', '127.0.0.1:99999']);
  const lines = [`Host: ${host}`];
  if (random.chance(0.01)) lines.push(`Host: 127.0.0.1:${port}`);
  if (random.chance(0.92)) lines.push(`Authorization: ${random.pick(['token', 'Bearer', 'TOKEN'])} ${token}`);
  else
    lines.push(
      `Authorization: ${random.pick(['token', 'Basic QQ==', `token ${'x'.repeat(5000)}`, 'Bearer \x80'])}`,
    );
  if (random.chance(0.1)) lines.push(`Cookie: ${cookie(random)}`);
  if (random.chance(0.3)) lines.push(`Content-Type: ${contentType(random)}`);
  while (random.chance(0.25)) lines.push(oddHeader(random, port));
  if (random.chance(0.002)) lines.push(`X-Long: ${'x'.repeat(random.pick([60_000, 70_000]))}`);
  if (random.chance(0.002)) lines.push(...Array.from({ length: 3000 }, (_each, index) => `X-${index}: 1`));
  return [...lines, 'Connection: close'];
}

const cookie = (random: Random): string =>
  random.pick([
    '_xsrf=x',
    '_xsrf=x.y; username-127-0-0-1-1=1.2',
    '__proto__=1',
    ';;;=;',
    'a="b',
    'a=b; '.repeat(500),
  ]);

const contentType = (random: Random): string =>
  random.pick([
    ...[
      'application/json',
      'text/plain;charset=UTF-8',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
    ],
    ...['', '/', 'a', 'application/json; charset=utf-7', '\x80\xff', `text/${'x'.repeat(300)}`],
  ]);

function oddHeader(random: Random, port: number): string {
  return random.pick([
    ...[
      'Content-Encoding: gzip',
      'Content-Encoding: br',
      'Accept-Encoding: gzip',
      'Expect: 100-continue',
      'Expect: x',
    ],
    ...['Range: bytes=0-1', 'Range: bytes=5-2', 'Range: bytes=-99999999999999999999', 'Range: bytes=1-2,3-4'],
    ...['If-None-Match: *', 'If-None-Match: "x", W/"y"', 'If-Modified-Since: Sun, 99 Foo', 'If-Range: x'],
    ...[
      `Origin: http://127.0.0.1:${port}`,
      'Origin: null',
      'Origin: http://evil.invalid',
      'Sec-Fetch-Site: cross-site',
    ],
    ...[
      'X-XSRFToken: x',
      'X-HTTP-Method-Override: DELETE',
      'X-Forwarded-For: 1.2.3.4',
      'X-Forwarded-Prefix: /x',
    ],
    ...[
      'Upgrade: h2c',
      'Accept: */*;q=NaN',
      '__proto__: x',
      'constructor: x',
      'X-\x80: y',
      'No colon',
      ' folded',
    ],
    ...[
      'Accept-Language: de',
      'TE: trailers',
      'Trailer: X',
      'Forwarded: for="[::1]"',
      'X-Request-Id: \x1b[31m',
    ],
  ]);
}

/** How a body's length is told. */
function frame(random: Random, body: Buffer): { lines: string[]; body: Buffer; isWhole: boolean } {
  const kind = random.next();
  if (kind < 0.85) return { lines: [`Content-Length: ${body.length}`], body, isWhole: true };
  if (kind < 0.92) {
    const cut = random.below(body.length + 1);
    const chunks = [body.subarray(0, cut), body.subarray(cut)].filter(({ length }) => length > 0);
    const extension = random.chance(0.2) ? ';x="y"' : '';
    const parts = chunks.map((part) =>
      Buffer.concat([Buffer.from(`${part.length.toString(16)}${extension}\r\n`), part, Buffer.from('\r\n')]),
    );
    return {
      lines: ['Transfer-Encoding: chunked'],
      body: Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]),
      isWhole: true,
    };
  }
  const lines = random.pick([
    [`Content-Length: ${body.length + 1 + random.below(1e6)}`],
    [`Content-Length: ${Math.floor(body.length / 2)}`],
    ['Content-Length: -1'],
    ['Content-Length: 99999999999999999999'],
    ['Content-Length: 0x10'],
    [`Content-Length: ${body.length}`, 'Content-Length: 0'],
    [`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: gzip, chunked'],
    ['Transfer-Encoding: chunked'],
    ['Transfer-Encoding: xchunked'],
    [],
  ]);
  return { lines, body, isWhole: false };
}

/** Bytes that are changed on their way. */
function mangled(random: Random, { pieces, ...rest }: RawRequest): RawRequest {
  const bytes = Buffer.concat(pieces);
  const at = random.below(bytes.length);
  const changed = (): Buffer[] => {
    switch (random.below(4)) {
      case 0:
        bytes[at] = random.below(256);
        return [bytes];
      case 1:
        return [bytes.subarray(0, at)];
      case 2:
        return [bytes.subarray(0, at), bytes]; // a request within a request
      default:
        return [bytes.subarray(0, at), Buffer.from([random.below(256)]), bytes.subarray(at)];
    }
  };
  return { ...rest, isWhole: false, pieces: changed() };
}
