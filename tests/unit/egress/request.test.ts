import { describe, expect, it } from 'vitest';
import { parseRequest } from '../../../kernel/egress/request.ts';

const get = (...headers: string[]): string => ['GET http://a.test/x?y HTTP/1.1', ...headers].join('\r\n');

describe('a request', () => {
  it('is sent on with the host that was checked and without what is meant for the proxy', () => {
    const parsed = parseRequest(
      get(
        'Host: other.test',
        'Accept: */*',
        'Proxy-Connection: keep-alive',
        'Proxy-Authorization: x',
        'Connection: close, X-Mine, Content-Length',
        'x-mine: 1',
        'Upgrade: h2c',
        'Content-Length: 3',
      ),
    );
    expect(parsed).toEqual({
      host: 'a.test',
      port: 80,
      bodyBytes: 3,
      head: 'GET /x?y HTTP/1.1\r\nHost: a.test\r\nAccept: */*\r\nContent-Length: 3\r\nConnection: close\r\n\r\n',
    });
  });

  it.each([
    ['http://a.test', 'GET / HTTP/1.1'],
    ['http://a.test?q', 'GET /?q HTTP/1.1'],
    ['HTTP://A.test:81/p', 'GET /p HTTP/1.1'],
  ])('for %s asks for %s', (target, line) => {
    const parsed = parseRequest(`GET ${target} HTTP/1.1`);
    expect('head' in parsed && parsed.head.split('\r\n')[0]).toBe(line);
  });

  it('to CONNECT names host and port', () => {
    expect(parseRequest('CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443')).toEqual({
      ...{ host: 'a.test', port: 443, bodyBytes: 0 },
    });
  });

  it.each([
    ['two lengths', get('Content-Length: 1', 'content-length: 1'), 400],
    ['a list of lengths', get('Content-Length: 1, 1'), 400],
    ['a signed length', get('Content-Length: +1'), 400],
    ['a hexadecimal length', get('Content-Length: 0x10'), 400],
    ['a coding', get('Transfer-Encoding: chunked'), 501],
    ['a coding and a length', get('Content-Length: 1', 'Transfer-Encoding: identity'), 501],
    ['a space before the colon', get('Transfer-Encoding : chunked'), 400],
    ['a folded header', get('A: b', ' c'), 400],
    ['a bare line feed', get('A: b\nTransfer-Encoding: chunked'), 400],
    ['a bare carriage return', get('A: b\rB: c'), 400],
    ['NUL', get('A: \0'), 400],
    ['two hosts', get('Host: a', 'Host: b'), 400],
    ['many headers', get(...Array.from({ length: 101 }, (_, at) => `a${at}: b`)), 431],
    ['no version', 'GET http://a.test/', 400],
    ['HTTP/2', 'GET http://a.test/ HTTP/2', 400],
    ['two spaces', 'GET  http://a.test/ HTTP/1.1', 400],
    ['only a path', 'GET / HTTP/1.1\r\nHost: a.test', 400],
    ['https in the clear', 'GET https://a.test/ HTTP/1.1', 400],
    ['ftp', 'GET ftp://a.test/ HTTP/1.1', 400],
    ['a user', 'GET http://a.test@b.test/ HTTP/1.1', 400],
    ['a backslash', 'GET http://a.test\\@b.test/ HTTP/1.1', 400],
    ['a fragment', 'GET http://a.test/#x HTTP/1.1', 400],
    ['a percent sign in the host', 'GET http://a%2etest/ HTTP/1.1', 400],
    ['a number for a host', 'GET http://2130706433/ HTTP/1.1', 400],
    ['CONNECT without a port', 'CONNECT a.test HTTP/1.1', 400],
    ['CONNECT to a path', 'CONNECT a.test:443/ HTTP/1.1', 400],
    ['CONNECT with a body', 'CONNECT a.test:443 HTTP/1.1\r\nContent-Length: 4', 400],
    ['nothing', '', 400],
  ])('with %s is refused', (_what, head, status) => {
    expect(parseRequest(head)).toMatchObject({ status });
  });
});
