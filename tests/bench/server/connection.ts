import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

interface Waiting {
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * An HTTP connection that stays, for one request at a time. Node's own clients take more processor time for a small request
 * than the servers that are measured.
 */
export class BenchedConnection {
  readonly #socket: Socket;
  readonly #common: string;
  #waiting: Waiting | undefined;
  #chunks: Buffer[] = [];
  #missing = Infinity;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#common = `host: ${host}\r\nauthorization: token t\r\ncontent-type: application/json\r\n`;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('The server has closed the connection.')));
  }

  static async open(origin: string): Promise<BenchedConnection> {
    const { hostname, port, host } = new URL(origin);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new BenchedConnection(socket, host);
  }

  /** @throws Error where the answer says no */
  ask(method: string, path: string, body?: Uint8Array): Promise<Buffer> {
    const length = body === undefined ? '' : `content-length: ${body.byteLength}\r\n`;
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(`${method} ${path} HTTP/1.1\r\n${this.#common}${length}\r\n`);
      if (body !== undefined) this.#socket.write(body);
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    if (this.#missing === Infinity) this.#readHead();
    else this.#missing -= chunk.length;
    if (this.#missing > 0) return;
    const answer = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#missing = Infinity;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    const head = answer.indexOf('\r\n\r\n');
    const body = answer.subarray(head + 4);
    if (/^HTTP\/1\.1 2/.test(answer.toString('latin1', 0, 12))) waiting?.resolve(body);
    else waiting?.reject(new Error(answer.toString('utf8', 0, 1000)));
  }

  #readHead(): void {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    const [bytes] = this.#chunks;
    const end = bytes?.indexOf('\r\n\r\n') ?? -1;
    if (bytes === undefined || end < 0) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, end))?.[1];
    if (length === undefined) throw new Error('The answer does not say how long it is.');
    this.#missing = end + 4 + Number(length) - bytes.length;
  }
}
