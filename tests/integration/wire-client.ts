import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dealer, Subscriber } from 'zeromq';
import { parseConnectionFile } from '../../kernel/protocol/connection-file.ts';
import { socketAddress } from '../../kernel/protocol/addresses.ts';
import type { ConnectionInfo } from '../../kernel/protocol/connection-file.ts';
import { decodeFrames, encodeFrames } from '../../kernel/protocol/frames.ts';
import type { Envelope } from '../../kernel/protocol/header.ts';
import { Signer } from '../../kernel/protocol/signer.ts';
import type { RequestChannel } from '../../kernel/wire/contract.ts';
import { SendQueue } from '../../kernel/wire/send-queue.ts';
import { freePorts } from '../support/ports.ts';
import type { ClientChannels } from '../unit/router/client.ts';

/** A connection file's content, and what removes the files of its sockets. */
export async function makeConnection(
  transport: 'tcp' | 'ipc',
): Promise<{ connection: ConnectionInfo; remove: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'wire-'));
  const ports = transport === 'tcp' ? await freePorts(5) : [1, 2, 3, 4, 5];
  const [shell_port, control_port, stdin_port, iopub_port, hb_port] = ports;
  const ip = transport === 'tcp' ? '127.0.0.1' : join(directory, 'kernel');
  const file = {
    transport,
    ip,
    shell_port,
    control_port,
    stdin_port,
    iopub_port,
    hb_port,
    key: randomUUID(),
  };
  return {
    connection: parseConnectionFile(JSON.stringify(file), 'test'),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** A Jupyter client's sockets. */
export class ZmqClient implements ClientChannels {
  readonly identity = Buffer.from(`client-${randomUUID()}`);
  readonly sockets: Readonly<Record<RequestChannel, Dealer>>;
  readonly iopub: Subscriber;
  readonly #queues: Readonly<Record<RequestChannel, SendQueue>>;
  readonly #signer: Signer;
  readonly #loops: Promise<void>[] = [];

  constructor(connection: ConnectionInfo) {
    const dealer = (name: RequestChannel): Dealer => {
      const socket = new Dealer({ routingId: this.identity.toString(), linger: 0 });
      socket.connect(socketAddress(connection, name));
      return socket;
    };
    this.#signer = new Signer(connection.key);
    this.sockets = { shell: dealer('shell'), control: dealer('control'), stdin: dealer('stdin') };
    const queue = (name: RequestChannel): SendQueue =>
      new SendQueue(this.sockets[name], (error) => {
        throw error;
      });
    this.#queues = { shell: queue('shell'), control: queue('control'), stdin: queue('stdin') };
    this.iopub = new Subscriber({ linger: 0, receiveHighWaterMark: 0 });
    this.iopub.connect(socketAddress(connection, 'iopub'));
    this.iopub.subscribe();
  }

  receive(handler: (channel: RequestChannel | 'iopub', envelope: Envelope) => void): void {
    const signer = this.#signer;
    const deliver = async (channel: RequestChannel | 'iopub', socket: Dealer | Subscriber): Promise<void> => {
      for await (const frames of socket) handler(channel, decodeFrames(frames, signer));
    };
    for (const channel of ['shell', 'control', 'stdin'] as const) {
      this.#loops.push(deliver(channel, this.sockets[channel]));
    }
    this.#loops.push(deliver('iopub', this.iopub));
  }

  send(channel: RequestChannel, { message }: Envelope): void {
    this.sendFrames(channel, encodeFrames({ identities: [], message }, this.#signer));
  }

  sendFrames(channel: RequestChannel, frames: Uint8Array[]): void {
    this.#queues[channel].push(frames);
  }

  async close(): Promise<void> {
    for (const socket of [...Object.values(this.sockets), this.iopub]) socket.close();
    await Promise.all(this.#loops);
  }
}
