import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { v1Protocol } from '../../../server/services/kernels/wire/v1.ts';
import type { Random } from '../random.ts';
import { FrameReader } from './frame-reader.ts';
import { brokenFrame, frameOf, opcodes, payload } from './frames.ts';
import { encoded, oddName, type Known } from './paths.ts';

/** What came of a WebSocket. */
export interface SocketEnd {
  readonly messages: number;
  readonly end: 'refused' | 'closed' | 'answered' | 'left';
  readonly fault?: string;
}

const patienceMs = 30_000;

/** Opens a WebSocket and sends frames, right and wrong. As long as none was broken the server must answer a ping. */
export async function converse(
  random: Random,
  known: Known,
  server: { readonly port: number; readonly token: string },
): Promise<SocketEnd> {
  const socket = connect({ port: server.port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  let head = '';
  const reader = new FrameReader();
  socket.on('data', (chunk: Buffer) => {
    if (head.includes('\r\n\r\n')) {
      reader.push(chunk);
      return;
    }
    head += chunk.toString('latin1');
    const end = head.indexOf('\r\n\r\n');
    if (end >= 0) reader.push(Buffer.from(head.slice(end + 4), 'latin1'));
  });
  const isClosed = (): boolean => socket.destroyed || reader.count(opcodes.close) > 0;
  const gone = new Promise<'closed'>((resolve) => socket.once('close', () => resolve('closed')));
  try {
    const { lines, protocol, isRight, isRead } = handshake(random, known, server);
    socket.write(Buffer.from([...lines, '', ''].join('\r\n'), 'latin1'));
    const answered = await until(
      () => head.includes('\r\n\r\n') || socket.destroyed,
      isRight ? patienceMs : 60,
    );
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
    if (!answered && isRight)
      return { messages: 1, end: 'left', fault: `a WebSocket was not answered: ${lines[0]}` };
    if (status >= 500)
      return { messages: 1, end: 'refused', fault: `${status} for a WebSocket: ${lines[0]}` };
    if (status !== 101) return { messages: 1, end: 'refused' };
    return await talk(random, { socket, line: String(lines[0]), protocol, isRead, gone, reader, isClosed });
  } finally {
    socket.destroy();
  }
}

interface Talk {
  readonly socket: Socket;
  /** The first one of the request. */
  readonly line: string;
  readonly protocol: string | undefined;
  /** Whether the server reads all that comes. */
  readonly isRead: boolean;
  readonly gone: Promise<'closed'>;
  readonly reader: FrameReader;
  readonly isClosed: () => boolean;
}

async function talk(
  random: Random,
  { socket, line, protocol, isRead, gone, reader, isClosed }: Talk,
): Promise<SocketEnd> {
  const count = 1 + random.below(20);
  let pings = 1;
  const hasPong = (): boolean => reader.count(opcodes.pong) >= pings;
  const nextFrame = (): Buffer => {
    const [opcode, bytes] = payload(random, protocol);
    if (opcode === opcodes.ping) pings += 1;
    return frameOf(opcode, bytes);
  };
  let isBroken = false;
  for (let sent = 0; sent < count && !socket.destroyed; sent += 1) {
    isBroken ||= random.chance(0.03);
    const bytes = isBroken ? brokenFrame(random) : nextFrame();
    if (!socket.write(bytes)) await Promise.race([once(socket, 'drain').catch(() => undefined), gone]);
  }
  if (isBroken || !isRead || random.chance(0.3)) {
    if (random.chance(0.5))
      socket.write(
        frameOf(opcodes.close, random.pick([Buffer.alloc(0), Buffer.from([3, 232]), Buffer.from([0, 0])])),
      );
    return { messages: count + 1, end: 'left' };
  }
  socket.write(frameOf(opcodes.ping, Buffer.from('are-you-there')));
  const answered = await until(() => hasPong() || isClosed(), patienceMs);
  if (!answered)
    return {
      messages: count + 1,
      end: 'left',
      fault: `a WebSocket hangs: a ping was not answered after ${count} frames: ${line}`,
    };
  return { messages: count + 1, end: hasPong() ? 'answered' : 'closed' };
}

function handshake(
  random: Random,
  known: Known,
  { port, token }: { readonly port: number; readonly token: string },
) {
  const kernel = random.pick([...known.kernels, ...known.live, 'none']);
  const path = random.pick([
    ...Array<string>(4).fill(`/api/kernels/${kernel}/channels?session_id=${random.below(20)}`),
    ...[
      `/terminals/websocket/${random.pick([...known.terminals, '99'])}`,
      '/api/events/subscribe',
      '/api/status',
    ],
    ...[`/api/kernels/${encoded(random, oddName(random))}/channels`, `/${encoded(random, oddName(random))}`],
    `/api/kernels/${kernel}/channels?session_id=${'s'.repeat(300)}`,
  ]);
  const protocol = random.pick([undefined, undefined, v1Protocol, v1Protocol, 'other']);
  const offered =
    protocol === undefined
      ? []
      : [`Sec-WebSocket-Protocol: ${random.pick([protocol, `a, ${protocol}`, `${protocol},${protocol}`])}`];
  const key = random.chance(0.97) ? randomBytes(16).toString('base64') : random.pick(['', 'x', '=']);
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    ...(random.chance(0.97) ? [`Authorization: token ${token}`] : []),
    'Connection: Upgrade',
    `Upgrade: ${random.chance(0.98) ? 'websocket' : 'other'}`,
    `Sec-WebSocket-Version: ${random.chance(0.98) ? 13 : random.pick([0, 8, 99])}`,
    `Sec-WebSocket-Key: ${key}`,
    ...offered,
    ...(random.chance(0.1) ? ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'] : []),
    ...(random.chance(0.05) ? [`Origin: ${random.pick(['null', 'http://evil.invalid'])}`] : []),
  ];
  // No line may have become two, or a path with a blank in it.
  // A kernel that never answers takes no more than it can hold: then its clients are not read from.
  const isRead = !path.includes(kernel) || known.live.includes(kernel);
  const isRight = lines.every((line) => !/[\r\n\0]/.test(line)) && /^GET [!-~]+ HTTP/.test(String(lines[0]));
  return { lines, protocol: protocol === v1Protocol ? v1Protocol : undefined, isRight, isRead };
}

/** Whether it came to be in time. */
async function until(condition: () => boolean, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end;) {
    if (condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return condition();
}
