import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { Budget, defaultLimits } from '../../../kernel/egress/budget.ts';
import { systemDialer } from '../../../kernel/egress/dial.ts';
import { createEgress } from '../../../kernel/egress/egress.ts';
import { encodeFrame, frameKinds } from '../../../kernel/egress/multiplexer.ts';
import { serveConnection } from '../../../kernel/egress/proxy.ts';
import { RepliqueError } from '../../../kernel/errors.ts';

const egress = (allow: readonly string[] = []) => createEgress({ allow, onConnection: () => undefined });

describe('the bounds of a session', () => {
  it('are of 4,096 hosts; what is not counted is refused', () => {
    const budget = new Budget(defaultLimits);
    for (let at = 0; at < 4096; at += 1) {
      expect(budget.open(`h${at}.test`)).toBeUndefined();
      budget.close(`h${at}.test`);
    }
    expect(budget.open('more.test')).toBe('too many different hosts in this session');
    expect(budget.open('h0.test')).toBeUndefined();
    expect(budget.spend('more.test', 1)).toContain('more than 1073741824 bytes with this host');
  });

  it('are of 256 rules: those that do not fit are refused together', () => {
    const network = egress(Array.from({ length: 255 }, (_, at) => `h${at}.test`));
    expect(() => network.allow('a.test', 'b.test')).toThrow(RepliqueError);
    expect(network.allowed()).toHaveLength(255);
    network.allow('a.test');
    expect(() => network.allow('b.test')).toThrow(RepliqueError);
  });
});

describe('the line to a sandbox', () => {
  /** A forwarder that is heard by the session's egress. */
  function forwarder(network: ReturnType<typeof egress>) {
    const [channel, peer] = duplexPair();
    peer.on('error', () => undefined).resume();
    let begun = (): void => undefined;
    const started = new Promise<void>((resolve) => (begun = resolve));
    return {
      peer,
      started,
      attached: network.attach({ channel, start: begun, forwarderPid: () => undefined }),
    };
  }

  it('gives no proxy where no host is open, and one as soon as the forwarder is ready', async () => {
    expect(await forwarder(egress()).attached.proxy()).toBeUndefined();
    const { peer, started, attached } = forwarder(egress(['a.test']));
    const proxy = attached.proxy();
    await started;
    peer.write(encodeFrame(frameKinds.ready, 0));
    expect(await proxy).toMatch(/^(http:\/\/)?127\.0\.0\.1:\d+/);
  });

  it('is closed where the forwarder breaks its rules, which is said once', async () => {
    const network = egress(['a.test']);
    const { peer, attached, started } = forwarder(network);
    const proxy = attached.proxy();
    await started;
    peer.write(Buffer.alloc(64, 0xff));
    expect(await proxy).toBeUndefined();
    expect(await attached.proxy()).toBeUndefined();
    expect(network.takeNotices().join()).toMatch(
      /^The sandbox's network was closed: its forwarder sent [^,]+\.$/,
    );
    expect(network.takeNotices()).toEqual([]);
  });

  it('tells at most twenty things until they are taken', async () => {
    const network = egress(['a.test']);
    for (let at = 0; at < 25; at += 1) {
      const { peer, attached, started } = forwarder(network);
      const proxy = attached.proxy();
      await started;
      peer.write(Buffer.alloc(64, 0xff));
      await proxy;
    }
    expect(network.takeNotices()).toHaveLength(20);
  });
});

describe('the proxy', () => {
  it('names the port of what is not allowed, where it is not the usual one', async () => {
    const refusal = async (authority: string): Promise<string> => {
      const [inner, client] = duplexPair();
      const over = serveConnection(inner, {
        ...{ limits: defaultLimits, budget: new Budget(defaultLimits), dialer: systemDialer },
        ...{ permits: () => Promise.resolve(false), onConnection: () => undefined },
      });
      client.write(`CONNECT ${authority} HTTP/1.1\r\n\r\n`);
      const answer = await text(client);
      client.end();
      await over;
      return answer;
    };
    expect(await refusal('a.test:8080')).toContain('%allow a.test:8080');
    expect(await refusal('a.test:443')).toMatch(/%allow a\.test(?!:)/);
  });

  it('sends nothing of what follows a body, whenever it comes', async () => {
    const [inner, client] = duplexPair();
    const [near, far] = duplexPair();
    const over = serveConnection(inner, {
      ...{ limits: defaultLimits, budget: new Budget(defaultLimits), permits: () => Promise.resolve(true) },
      onConnection: () => undefined,
      dialer: { resolve: () => Promise.resolve(['93.184.216.34']), connect: () => Promise.resolve(near) },
    });
    let sent = '';
    far.on('data', (chunk: Buffer) => (sent += chunk.toString()));
    client.write('POST http://a.test/ HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc');
    await expect.poll(() => sent).toContain('\r\n\r\nabc');
    await new Promise((resolve) => client.write('GET http://b.test/ HTTP/1.1\r\n\r\n', resolve));
    far.end('HTTP/1.1 200 OK\r\n\r\n');
    await text(client);
    await over;
    expect(sent).not.toContain('b.test');
  });

  it('resolves names as the system does', async () => {
    const found = await systemDialer.resolve('localhost');
    expect(found.every((address) => /^(127\.|::1)/.test(address))).toBe(true);
    expect(found.length).toBeGreaterThan(0);
  });
});
