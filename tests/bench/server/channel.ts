import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import WebSocket from 'ws';
import type { BenchedServer } from './servers.ts';

interface Heard {
  readonly channel: string;
  readonly msg_type: string;
  readonly parent_header: { readonly msg_id?: string };
  readonly content: { readonly execution_state?: string; readonly text?: string };
}

/** A WebSocket to a kernel, in the form without a subprotocol that every server speaks. */
export class BenchedChannel {
  readonly #socket: WebSocket;
  readonly #session: string;

  private constructor(socket: WebSocket, session: string) {
    this.#socket = socket;
    this.#session = session;
  }

  static async open({ origin }: BenchedServer, kernel: string): Promise<BenchedChannel> {
    const session = randomUUID();
    const url = `${origin.replace('http', 'ws')}/api/kernels/${kernel}/channels?session_id=${session}`;
    const socket = new WebSocket(url, { headers: { authorization: 'token t' }, maxPayload: 2 ** 30 });
    await once(socket, 'open');
    return new BenchedChannel(socket, session);
  }

  /** Counts what kernels publish from now on, by the request that it belongs to. */
  count(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    this.#socket.on('message', (data: WebSocket.RawData) => {
      const { channel, parent_header } = JSON.parse((data as Buffer).toString()) as Heard;
      const { msg_id: id = '' } = parent_header;
      if (channel === 'iopub') counts.set(id, (counts.get(id) ?? 0) + 1);
    });
    return counts;
  }

  /** Runs code. @returns milliseconds until its reply and its idle have both come, and what it has printed */
  execute(
    code: string,
    id: string = randomUUID(),
  ): Promise<{ readonly ms: number; readonly printed: string }> {
    const header = {
      msg_id: id,
      msg_type: 'execute_request',
      session: this.#session,
      username: '',
      version: '5.3',
      date: '',
    };
    const content = {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    };
    const begin = performance.now();
    return new Promise((resolve) => {
      const printed: string[] = [];
      const left = new Set(['execute_reply', 'idle']);
      const listen = (data: WebSocket.RawData): void => {
        const { msg_type, parent_header, content: said } = JSON.parse((data as Buffer).toString()) as Heard;
        if (parent_header.msg_id !== id) return;
        if (msg_type === 'stream') printed.push(said.text ?? '');
        left.delete(said.execution_state ?? msg_type);
        if (left.size > 0) return;
        this.#socket.off('message', listen);
        resolve({ ms: performance.now() - begin, printed: printed.join('') });
      };
      this.#socket.on('message', listen);
      this.#socket.send(
        JSON.stringify({ channel: 'shell', header, parent_header: {}, metadata: {}, content, buffers: [] }),
      );
    });
  }

  close(): void {
    this.#socket.terminate();
  }
}
