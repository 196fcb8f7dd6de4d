import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { deserialize, serialize } from '@jupyterlab/services/lib/kernel/serialize.js';
import type WebSocket from 'ws';

export interface ChannelMessage {
  readonly channel: string;
  readonly header: { readonly msg_id: string; readonly msg_type: string; readonly session: string };
  readonly parent_header: { readonly msg_id?: string };
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly (ArrayBuffer | DataView)[];
}

/** A client of a kernel's channels that speaks them with JupyterLab's own serializers. */
export class ChannelClient {
  readonly session: string;
  readonly socket: WebSocket;
  readonly received: ChannelMessage[] = [];
  /** Close code, once it is closed. */
  readonly closed: Promise<number>;
  readonly #opened: Promise<unknown>;

  constructor(socket: WebSocket, session: string) {
    this.socket = socket;
    this.session = session;
    socket.binaryType = 'arraybuffer';
    this.closed = new Promise((resolve) => socket.once('close', (code) => resolve(code)));
    this.#opened = once(socket, 'open');
    this.#opened.catch(() => undefined);
    socket.on('message', (data, isBinary) => {
      const raw = isBinary ? (data as ArrayBuffer) : Buffer.from(data as ArrayBuffer).toString('utf8');
      this.received.push(deserialize(raw as ArrayBuffer, socket.protocol) as unknown as ChannelMessage);
    });
  }

  async open(): Promise<this> {
    await this.#opened;
    return this;
  }

  /** @returns the id of the message */
  send(type: string, content: object, channel = 'shell', more: object = {}, metadata: object = {}): string {
    const msg_id = randomUUID();
    const header = {
      msg_id,
      msg_type: type,
      session: this.session,
      username: 'me',
      date: '',
      version: '5.3',
      ...more,
    };
    const message = { channel, header, parent_header: {}, metadata, content, buffers: [] };
    this.socket.send(serialize(message as never, this.socket.protocol));
    return msg_id;
  }

  execute(code: string, more: object = {}): string {
    return this.send('execute_request', {
      code,
      silent: false,
      store_history: true,
      allow_stdin: true,
      ...more,
    });
  }

  /** The first message that fits, be it there already or still to come. */
  async until(fits: (message: ChannelMessage) => boolean, limitMs = 50_000): Promise<ChannelMessage> {
    const end = Date.now() + limitMs;
    for (;;) {
      const found = this.received.find(fits);
      if (found) return found;
      if (Date.now() > end) {
        const types = this.received.map(({ channel, header }) => `${channel}:${header.msg_type}`);
        throw new Error(`The message did not come. There were: ${types.join(', ')}`);
      }
      await sleep(10);
    }
  }

  reply(id: string): Promise<ChannelMessage> {
    return this.until(({ channel, parent_header }) => channel === 'shell' && parent_header.msg_id === id);
  }

  /** When the kernel has done with a request, and this was told. */
  idle(id: string): Promise<ChannelMessage> {
    return this.until(
      ({ header, parent_header, content }) =>
        header.msg_type === 'status' && parent_header.msg_id === id && content['execution_state'] === 'idle',
    );
  }

  /** When the kernel has begun with a request, and this was told. */
  begun(id: string): Promise<ChannelMessage> {
    return this.until(
      ({ header, parent_header, content }) =>
        header.msg_type === 'status' && parent_header.msg_id === id && content['execution_state'] === 'busy',
    );
  }

  /** When it was told, of whichever request. */
  state(state: string): Promise<ChannelMessage> {
    return this.until(
      ({ header, content }) => header.msg_type === 'status' && content['execution_state'] === state,
    );
  }

  /** What was printed, of all or of one request. */
  printed(id?: string): string {
    return this.received
      .filter(
        ({ header, parent_header }) => header.msg_type === 'stream' && (!id || parent_header.msg_id === id),
      )
      .map(({ content }) => String(content['text']))
      .join('');
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}
