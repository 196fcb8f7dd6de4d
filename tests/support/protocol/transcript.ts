import { isDeepStrictEqual } from 'node:util';
import { problemsOf, type Channel, type WireMessage } from './message.ts';

type Json = Readonly<Record<string, unknown>>;

interface Heard extends WireMessage {
  readonly header: Json;
  readonly parent_header: Json;
  readonly content: Json;
}

interface Request {
  /** Absent: it was another client's, or was not seen on its way. */
  readonly sent?: { readonly channel: Channel; readonly header: Json; readonly content: Json };
  count?: unknown;
  replied?: boolean;
  idle?: boolean;
}

/** What one client hears of one kernel: each message, and what must hold between them. */
export class Transcript {
  readonly #requests = new Map<string, Request>();
  readonly #ids = new Set<unknown>();
  readonly #keeping: number;
  #session: unknown;
  #hasStarted = false;

  /** @param keeping how many requests and ids are remembered */
  constructor(keeping = 100_000) {
    this.#keeping = keeping;
  }

  /** Tells of a request that the client sends. */
  sends(channel: Channel, { header, content }: Pick<Heard, 'header' | 'content'>): void {
    this.#remember(String(header['msg_id']), { sent: { channel, header, content } });
  }

  /** What is wrong with a message that the client receives, one line each. */
  hears(channel: Channel, message: Heard): string[] {
    const problems = problemsOf(channel, message);
    const { header, parent_header } = message;
    const say = (problem: string): void =>
      void problems.push(`${String(header['msg_type'])} on ${channel}: ${problem}`);
    if (this.#ids.has(header['msg_id'])) say('its msg_id was another’s');
    this.#ids.add(header['msg_id']);
    if (this.#ids.size > this.#keeping) this.#ids.delete(this.#ids.values().next().value);
    this.#session ??= header['session'];
    if (this.#session !== header['session']) say('it is of another session');
    this.#starts(message, say);
    const id = parent_header['msg_id'];
    if (typeof id === 'string') this.#belongs(channel, message, this.#requestOf(id), say);
    return problems;
  }

  /** "Kernel status": `starting` exactly once, and nothing before. */
  #starts({ header, content }: Heard, say: (problem: string) => void): void {
    if (header['msg_type'] !== 'status' || content['execution_state'] !== 'starting') return;
    if (this.#hasStarted) say('it had started before');
    this.#hasStarted = true;
  }

  #belongs(channel: Channel, message: Heard, request: Request, say: (problem: string) => void): void {
    const { header, parent_header, content } = message;
    const { sent } = request;
    const type = String(header['msg_type']);
    if (sent && !isDeepStrictEqual(plain(sent.header), plain(parent_header))) {
      say('its parent is no copy of the request’s header');
    }
    if (channel === 'iopub') {
      if (request.idle) say('it comes after idle');
      if (content['execution_state'] === 'idle') request.idle = true;
    } else if (channel === 'stdin') {
      if (sent && sent.content['allow_stdin'] !== true) say('the request does not allow stdin');
    } else {
      if (request.replied) say('it is the second reply');
      if (sent && sent.channel !== channel) say(`the request was sent on ${sent.channel}`);
      request.replied = true;
    }
    if (['execute_input', 'execute_result', 'execute_reply'].includes(type)) {
      const { execution_count } = content;
      request.count ??= execution_count;
      // "Execute": the counter grows with what is stored; the input of another cell tells the number that would be next.
      const isStored = sent?.content['store_history'] !== false && sent?.content['silent'] !== true;
      if (isStored && execution_count !== undefined && execution_count !== request.count) {
        say(`its count is ${JSON.stringify(execution_count)}, not ${JSON.stringify(request.count)}`);
      }
    }
  }

  #requestOf(id: string): Request {
    const known = this.#requests.get(id);
    if (known) return known;
    const request: Request = {};
    this.#remember(id, request);
    return request;
  }

  #remember(id: string, request: Request): void {
    this.#requests.set(id, request);
    if (this.#requests.size <= this.#keeping) return;
    this.#requests.delete(this.#requests.keys().next().value!);
  }
}

/** What a peer nests in a header is not sent back, and the same time may be written in other words. */
const plain = (header: Json): Json =>
  Object.fromEntries(
    Object.entries(header)
      .filter(([, value]) => typeof value !== 'object' || value === null)
      .map(([name, value]) => [name, name === 'date' ? Date.parse(String(value)) : value]),
  );
