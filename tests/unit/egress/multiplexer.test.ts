import { duplexPair } from 'node:stream';
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { encodeFrame, frameKinds, largestPayload, Multiplexer } from '../../../kernel/egress/multiplexer.ts';

const { ready, open, data, credit, end, reset } = frameKinds;

interface Host {
  readonly peer: Duplex;
  readonly connections: Duplex[];
  readonly ended: Promise<string | undefined>;
  readonly close: () => void;
}

/** A multiplexer, and the end of its channel that a forwarder would have. */
function host(onConnection: (connection: Duplex) => void = () => undefined): Host {
  const [channel, peer] = duplexPair();
  const connections: Duplex[] = [];
  let over: (breach?: string) => void = () => undefined;
  const ended = new Promise<string | undefined>((resolve) => (over = resolve));
  const multiplexer = new Multiplexer(channel, {
    onReady: () => undefined,
    onConnection: (connection) => {
      connections.push(connection);
      onConnection(connection);
    },
    onEnd: (breach) => over(breach),
  });
  peer.resume();
  peer.on('error', () => undefined);
  return { peer, connections, ended, close: () => multiplexer.close() };
}

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const chunk = Buffer.alloc(largestPayload);

describe('the channel of the forwarder', () => {
  it.each([
    ['a kind that is none', [encodeFrame(9, 1)]],
    ['a frame too large', [Buffer.from([data, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff])]],
    ['data for what was never opened', [encodeFrame(data, 1, chunk)]],
    ['data for number 0', [encodeFrame(open, 1), encodeFrame(data, 0, chunk)]],
    ['a number left out', [encodeFrame(open, 2)]],
    ['a number twice', [encodeFrame(open, 1), encodeFrame(open, 1)]],
    ['opening with a payload', [encodeFrame(open, 1, chunk)]],
    ['too many connections', Array.from({ length: 65 }, (_, at) => encodeFrame(open, at + 1))],
    [
      'more than was asked for',
      [encodeFrame(open, 1), ...Array<Buffer>(17).fill(encodeFrame(data, 1, chunk))],
    ],
    ['data after the end', [encodeFrame(open, 1), encodeFrame(end, 1), encodeFrame(data, 1, chunk)]],
    ['two ends', [encodeFrame(open, 1), encodeFrame(end, 1), encodeFrame(end, 1)]],
    ['credit beyond the window', [encodeFrame(open, 1), encodeFrame(credit, 1, number(1))]],
    ['credit without a number', [encodeFrame(open, 1), encodeFrame(credit, 1)]],
    ['ready late', [encodeFrame(open, 1), encodeFrame(ready, 0)]],
  ])('is closed by %s', async (_what, frames) => {
    const { peer, ended, connections } = host();
    peer.write(Buffer.concat(frames));
    expect(await ended).toMatch(/./);
    expect(connections.every((connection) => connection.destroyed)).toBe(true);
  });

  it('ignores what comes late for a connection that was closed', async () => {
    const { peer, ended, connections } = host((connection) => connection.destroy());
    const late = [data, end, reset].map((kind) => encodeFrame(kind, 1, kind === data ? chunk : undefined));
    peer.write(Buffer.concat([encodeFrame(open, 1), ...late, encodeFrame(open, 2)]));
    peer.end();
    expect(await ended).toBeUndefined();
    expect(connections).toHaveLength(2);
  });

  it('holds back what the other side has given no credit for', async () => {
    const { peer, connections, close } = host();
    const got: Buffer[] = [];
    peer.on('data', (bytes: Buffer) => got.push(bytes));
    peer.write(encodeFrame(open, 1));
    await expect.poll(() => connections.length).toBe(1);
    connections[0]!.write(Buffer.alloc(300 * 1024));
    const carried = (): number =>
      Buffer.concat(got).length - 9 * Math.ceil(Buffer.concat(got).length / (largestPayload + 9));
    await expect.poll(carried).toBe(256 * 1024);
    peer.write(encodeFrame(credit, 1, number(64 * 1024)));
    await expect.poll(carried).toBe(300 * 1024);
    close();
  });

  it('survives 20,000 mutated frames: it is closed or goes on, and keeps to its bounds', async () => {
    const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? 20261123);
    console.log(`seed ${seed}`);
    let state = seed;
    const below = (limit: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
    let closed = 0;
    for (let round = 0; round < 200; round += 1) {
      const { peer, ended, connections, close } = host((connection) => connection.resume());
      let last = 0;
      const frames = Array.from({ length: 100 }, () => {
        if (below(3) === 0) return encodeFrame(open, (last += 1));
        const kind = below(6) === 0 ? below(256) : data + below(4);
        const payload =
          kind === credit ? number(below(3)) : kind === data ? Buffer.alloc(below(64)) : undefined;
        return encodeFrame(kind, 1 + below(last + 1), payload);
      });
      const bytes = Buffer.concat(frames);
      if (below(2) === 0) bytes[below(bytes.length)] = below(256);
      for (let at = 0; at < bytes.length;) {
        const size = 1 + below(200);
        peer.write(bytes.subarray(at, (at += size)));
      }
      peer.end();
      const breach = await ended;
      if (breach !== undefined) closed += 1;
      close();
      expect(connections.filter(({ destroyed }) => !destroyed)).toEqual([]);
      expect(connections.length).toBeLessThanOrEqual(100);
    }
    expect(closed).toBeGreaterThan(20);
  });
});
