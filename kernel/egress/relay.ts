import { Transform, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ProxyOptions } from './proxy.ts';
import type { ProxyRequest } from './request.ts';

interface RelayOptions {
  readonly request: ProxyRequest;
  /** What came behind the request's head. */
  readonly early: Buffer;
  readonly options: Pick<ProxyOptions, 'budget' | 'limits'>;
}

interface Relayed {
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Why it was cut. */
  readonly reason?: string;
}

/** Carries bytes both ways until one side ends, is idle for too long, or the host's bytes are used up. */
export async function relay(client: Duplex, server: Duplex, given: RelayOptions): Promise<Relayed> {
  const { request, early, options } = given;
  const sent = { bytesIn: 0, bytesOut: 0 };
  let reason: string | undefined;
  const cut = (why: string): void => {
    reason ??= why;
    client.destroy();
    server.destroy();
  };
  const { idleMs } = options.limits;
  const timer = setTimeout(() => cut(`nothing was sent for ${idleMs} ms`), idleMs);
  const count = (direction: keyof typeof sent, bytes: number): boolean => {
    timer.refresh();
    sent[direction] += bytes;
    const broken = options.budget.spend(request.host, bytes);
    if (broken !== undefined) cut(`cut: ${broken}`);
    return broken === undefined;
  };
  const counted = (direction: keyof typeof sent): Transform =>
    new Transform({
      transform: (chunk: Buffer, _encoding, done) =>
        count(direction, chunk.length) ? done(null, chunk) : done(),
    });
  const up = counted('bytesOut');
  if (request.head === undefined) client.write('HTTP/1.1 200 Connection established\r\n\r\n');
  else up.write(Buffer.from(request.head, 'latin1'));
  const gate = request.head === undefined ? up : upTo(request.bodyBytes);
  if (early.length > 0) gate.write(early);
  try {
    const upward = gate === up ? pipeline(client, up, server) : pipeline(client, gate, up, server);
    const downward = pipeline(server, counted('bytesIn'), client);
    // A plain request is over with its answer.
    if (request.head === undefined) await Promise.all([upward, downward]);
    else await Promise.race([downward, upward.then(() => downward)]);
  } catch {
    // One side went away: so does the other.
  } finally {
    clearTimeout(timer);
    server.destroy();
    if (!client.writableFinished) client.destroy();
  }
  return { ...sent, ...(reason !== undefined && { reason }) };
}

/** Lets a request's body through, and nothing behind it. */
function upTo(bytes: number): Transform {
  let left = bytes;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const part = chunk.subarray(0, left);
      left -= part.length;
      done(null, part.length > 0 ? part : undefined);
    },
  });
}
