import { connect } from 'node:net';
import type { RawRequest } from './requests.ts';

/** What a server said to a request. */
export interface RawAnswer {
  /** `undefined`: nothing that is HTTP. */
  readonly status: number | undefined;
  readonly bytes: Buffer;
  /** `whole`; `cut`: closed before all of it had come; `silent`: not closed in time. */
  readonly end: 'whole' | 'cut' | 'silent';
  /** Whether it tells of events. */
  readonly isStream: boolean;
}

/** A whole request must be answered within that; another one may wait for its rest. */
const patienceMs = { whole: 30_000, broken: 60 };
/** A stream of events does not end by itself: it is left after that. */
const listenMs = 100;

/** Sends a request, which asks to close, over a connection of its own. Never rejects. */
export function exchange(port: number, { method, pieces, isWhole }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const chunks: Buffer[] = [];
    let stream: NodeJS.Timeout | undefined;
    const finish = (isClosed: boolean): void => {
      clearTimeout(late);
      clearTimeout(stream);
      socket.destroy();
      const bytes = Buffer.concat(chunks);
      const head = finalHead(bytes);
      const status = head === undefined ? undefined : Number(head.text.slice(9, 12));
      const isRead = head !== undefined && bytes.length >= head.end + bodyLength(head.text, method);
      resolve({
        ...{ status, bytes, isStream: isStream(head?.text) },
        end: isRead ? 'whole' : isClosed ? 'cut' : 'silent',
      });
    };
    const late = setTimeout(() => finish(false), isWhole ? patienceMs.whole : patienceMs.broken);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (chunks.length > 3 || stream !== undefined) return;
      if (isStream(finalHead(Buffer.concat(chunks))?.text))
        stream = setTimeout(() => finish(false), listenMs);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => finish(true));
    for (const piece of pieces) if (piece.length > 0) socket.write(piece);
  });
}

/** Whether an answer with that head tells of events, for as long as one listens. */
const isStream = (head = ''): boolean => /\r\ncontent-type: text\/event-stream/i.test(head);

/** The head of the answer, behind interim ones. */
function finalHead(bytes: Buffer): { readonly text: string; readonly end: number } | undefined {
  let from = 0;
  for (let end = bytes.indexOf('\r\n\r\n'); end >= 0; end = bytes.indexOf('\r\n\r\n', from)) {
    const text = bytes.toString('latin1', from, end);
    if (!/^HTTP\/1\.1 \d{3} /.test(text)) return undefined;
    if (!/^HTTP\/1\.1 1(?!01)/.test(text)) return { text, end: end + 4 };
    from = end + 4;
  }
  return undefined;
}

function bodyLength(head: string, method: string): number {
  if (method === 'HEAD' || /^HTTP\/1\.1 (?:101|204|304)/.test(head)) return 0;
  return Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
}
