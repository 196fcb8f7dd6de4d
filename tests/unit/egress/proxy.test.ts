import { createServer, type AddressInfo } from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { Budget, defaultLimits, type EgressLimits } from '../../../kernel/egress/budget.ts';
import { systemDialer } from '../../../kernel/egress/dial.ts';
import { serveConnection, type ConnectionReport, type ProxyOptions } from '../../../kernel/egress/proxy.ts';

const publicAddress = '93.184.216.34';

interface Served {
  readonly client: Duplex;
  /** The server's end of each connection that was made, and to which address. */
  readonly servers: Duplex[];
  readonly dialled: string[];
  readonly reports: ConnectionReport[];
  readonly over: Promise<void>;
}

/** The proxy between two ends in memory, with names that stand for what the test says. */
function serve(
  addresses: readonly string[] = [publicAddress],
  limits: Partial<EgressLimits> = {},
  more: Partial<ProxyOptions> = {},
): Served {
  const [inner, client] = duplexPair();
  const servers: Duplex[] = [];
  const dialled: string[] = [];
  const reports: ConnectionReport[] = [];
  const bounds = { ...defaultLimits, ...limits };
  client.on('error', () => undefined);
  const over = serveConnection(inner, {
    limits: bounds,
    budget: new Budget(bounds),
    permits: () => Promise.resolve(true),
    onConnection: (report) => reports.push(report),
    dialer: {
      resolve: () => Promise.resolve(addresses),
      connect: (address) => {
        const [near, far] = duplexPair();
        far.on('error', () => undefined);
        dialled.push(address);
        servers.push(far);
        return Promise.resolve(near);
      },
    },
    ...more,
  });
  return { client, servers, dialled, reports, over };
}

describe('the proxy', () => {
  it('sends one request on, its body and not what follows, and brings the answer back', async () => {
    const { client, servers, reports, over } = serve();
    client.write(
      'POST http://a.test/ HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET http://b.test/ HTTP/1.1\r\n\r\n',
    );
    await expect.poll(() => servers.length).toBe(1);
    let sent = '';
    servers[0]!.on('data', (chunk: Buffer) => (sent += chunk.toString()));
    await expect.poll(() => sent).toContain('\r\n\r\nabc');
    servers[0]!.end('HTTP/1.1 200 OK\r\n\r\nhello');
    expect(await text(client)).toBe('HTTP/1.1 200 OK\r\n\r\nhello');
    await over;
    expect(sent).not.toContain('b.test');
    expect(reports).toMatchObject([
      { host: 'a.test', port: 80, address: publicAddress, decision: 'allow', bytesIn: 24 },
    ]);
    expect(reports[0]?.bytesOut).toBe(sent.length);
  });

  it('carries a tunnel both ways until both have ended', async () => {
    const { client, servers, over, reports } = serve();
    client.write('CONNECT a.test:443 HTTP/1.1\r\n\r\nearly');
    await expect.poll(() => servers.length).toBe(1);
    client.end(' late');
    let sent = '';
    servers[0]!.on('data', (chunk: Buffer) => (sent += chunk.toString()));
    await new Promise((resolve) => servers[0]!.once('end', resolve));
    expect(sent).toBe('early late');
    servers[0]!.end('answer');
    expect(await text(client)).toBe('HTTP/1.1 200 Connection established\r\n\r\nanswer');
    await over;
    expect(reports).toMatchObject([{ port: 443, bytesIn: 6, bytesOut: 10 }]);
  });

  it.each(['127.0.0.1', '169.254.169.254', 'fd00:ec2::254', '::ffff:10.0.0.1', '64:ff9b::a00:1'])(
    'refuses a name that stands for %s',
    async (address) => {
      const { client, dialled, reports } = serve([address]);
      client.write('CONNECT a.test:443 HTTP/1.1\r\n\r\n');
      expect(await text(client)).toMatch(/^HTTP\/1\.1 403 .*private/s);
      expect(dialled).toEqual([]);
      expect(reports).toMatchObject([{ decision: 'deny', bytesIn: 0 }]);
    },
  );

  it('passes over private addresses of a name, and resolves it once', async () => {
    let asked = 0;
    const { client, dialled, servers } = serve(['10.0.0.1', publicAddress]);
    const rebinding = serve(
      [],
      {},
      {
        dialer: {
          resolve: () => Promise.resolve([(asked += 1) === 1 ? publicAddress : '127.0.0.1']),
          connect: (address) => {
            rebinding.dialled.push(address);
            return Promise.reject(new Error('refused'));
          },
        },
      },
    );
    client.write('CONNECT a.test:443 HTTP/1.1\r\n\r\n');
    await expect.poll(() => servers.length).toBe(1);
    expect(dialled).toEqual([publicAddress]);
    servers[0]!.destroy();
    rebinding.client.write('CONNECT a.test:443 HTTP/1.1\r\n\r\n');
    expect(await text(rebinding.client)).toMatch(/^HTTP\/1\.1 502/);
    expect([asked, rebinding.dialled]).toEqual([1, [publicAddress]]);
  });

  it('says that a name could not be resolved', async () => {
    const { client } = serve(
      [],
      {},
      {
        dialer: { ...systemDialer, resolve: () => Promise.reject(new Error('ENOTFOUND')) },
      },
    );
    client.write('GET http://a.test/ HTTP/1.1\r\n\r\n');
    expect(await text(client)).toMatch(/^HTTP\/1\.1 502 .*could not be resolved/s);
  });

  it('answers what is malformed or too long, and connects to nothing', async () => {
    for (const [sent, status] of [
      ['GET / HTTP/1.1\r\n\r\n', 400],
      [`GET http://a.test/ HTTP/1.1\r\nA: ${'b'.repeat(20_000)}`, 431],
      ['\x16\x03\x01\r\n\r\n', 400],
    ] as const) {
      const { client, dialled } = serve();
      client.write(sent);
      expect(await text(client)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(dialled).toEqual([]);
    }
  });

  it('does not wait for a head that does not come, nor for a connection that says nothing', async () => {
    const silent = serve([publicAddress], { setupMs: 20 });
    silent.client.write('GET ');
    await silent.over;
    const idle = serve([publicAddress], { idleMs: 20 });
    idle.client.write('CONNECT a.test:443 HTTP/1.1\r\n\r\n');
    await idle.over;
    expect(idle.reports[0]?.reason).toContain('20 ms');
  });

  it('goes on without a client that left before its head was there', async () => {
    const { client, over, reports } = serve();
    client.end('GET ');
    await over;
    expect(reports).toEqual([]);
  });
});

describe('the bounds of a host', () => {
  const bounds = {
    ...defaultLimits,
    hostBytes: 100,
    requestsPerMinute: 2,
    hostConnections: 2,
    connections: 3,
  };

  it('count connections, of one host and of all', () => {
    const budget = new Budget({ ...bounds, requestsPerMinute: 100 });
    expect([budget.open('a'), budget.open('a'), budget.open('a')]).toEqual([
      undefined,
      undefined,
      'more than 2 connections to this host at a time',
    ]);
    expect([budget.open('b'), budget.open('b')]).toEqual([undefined, 'more than 3 connections at a time']);
    budget.close('a');
    expect(budget.open('a')).toBeUndefined();
  });

  it('count requests, and forget them with time', () => {
    let now = 0;
    const budget = new Budget(bounds, () => now);
    const request = (): string | undefined => {
      const answer = budget.open('a');
      if (answer === undefined) budget.close('a');
      return answer;
    };
    expect([request(), request(), request()]).toEqual([
      undefined,
      undefined,
      'more than 2 requests to this host in a minute',
    ]);
    now = 30_000;
    expect([request(), request()]).toEqual([undefined, 'more than 2 requests to this host in a minute']);
  });

  it('count bytes over all connections', () => {
    const budget = new Budget(bounds);
    budget.open('a');
    expect(budget.spend('a', 100)).toBeUndefined();
    expect(budget.spend('a', 1)).toContain('more than 100 bytes');
    expect(budget.open('a')).toContain('more than 100 bytes');
    expect(budget.open('b')).toBeUndefined();
  });
});

describe('the system’s own connections', () => {
  it('resolve literals to themselves, and outlive the time that connecting may take', async () => {
    expect(await systemDialer.resolve('93.184.216.34')).toEqual(['93.184.216.34']);
    const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const limit = new AbortController();
    const socket = await systemDialer.connect(
      '127.0.0.1',
      (server.address() as AddressInfo).port,
      limit.signal,
    );
    limit.abort();
    socket.end('echo');
    expect(await text(socket)).toBe('echo');
    server.close();
  });

  it('reject where nothing listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await expect(systemDialer.connect('127.0.0.1', port, AbortSignal.timeout(10_000))).rejects.toThrow();
  });
});
