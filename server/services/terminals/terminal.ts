import type { IPty } from '@lydell/node-pty';
import type { WebSocket } from 'ws';

/** As much of what was last written is shown to who comes later, in characters. */
const keptChars = 256 * 1024;
/** More that a client has not taken yet: the program waits. */
const mostWaiting = 2 ** 20;
const resumeMs = 20;

/** Rows and columns of one page. */
interface Size {
  readonly rows: number;
  readonly columns: number;
}

/** What the library's types leave out. */
interface Failing {
  on(event: 'error', listener: () => void): void;
}

/** A shell in a pseudo-terminal, and the pages that show it. */
export class Terminal {
  readonly name: string;
  readonly #pty: IPty;
  readonly #clients = new Map<WebSocket, Size | undefined>();
  #last = '';
  #lastActivity = new Date();
  #waiting: NodeJS.Timeout | undefined;

  /** @param onExit told when the shell has ended */
  constructor(name: string, pty: IPty, onExit: () => void) {
    this.name = name;
    this.#pty = pty;
    // Where nobody listens, the library throws what goes wrong with the terminal's file.
    (pty as IPty & Failing).on('error', () => this.kill('SIGHUP'));
    this.#pty.onData((text) => this.#show(text));
    this.#pty.onExit(() => {
      clearTimeout(this.#waiting);
      for (const client of this.#clients.keys()) {
        client.send(JSON.stringify(['disconnect', 1]));
        client.close();
      }
      this.#clients.clear();
      onExit();
    });
  }

  get model(): { readonly name: string; readonly last_activity: string } {
    return { name: this.name, last_activity: this.#lastActivity.toISOString() };
  }

  /** A page shows it from now on. */
  attach(client: WebSocket): void {
    this.#clients.set(client, undefined);
    client.send(JSON.stringify(['setup', {}]));
    if (this.#last !== '') client.send(JSON.stringify(['stdout', this.#last]));
  }

  /** A page shows it no more. */
  detach(client: WebSocket): void {
    if (this.#clients.delete(client)) this.#resize();
  }

  write(text: string): void {
    this.#lastActivity = new Date();
    this.#pty.write(text);
  }

  /** All pages see the same: what fits the smallest of them. */
  resize(client: WebSocket, size: Size): void {
    this.#clients.set(client, size);
    this.#resize();
  }

  kill(signal: 'SIGHUP' | 'SIGKILL'): void {
    this.#pty.kill(signal);
  }

  #show(text: string): void {
    this.#lastActivity = new Date();
    this.#last = (this.#last + text).slice(-keptChars);
    const message = JSON.stringify(['stdout', text]);
    for (const client of this.#clients.keys()) client.send(message);
    if (this.#isAhead()) this.#wait();
  }

  #isAhead(): boolean {
    return [...this.#clients.keys()].some(({ bufferedAmount }) => bufferedAmount > mostWaiting);
  }

  #wait(): void {
    this.#pty.pause();
    this.#waiting ??= setTimeout(() => {
      this.#waiting = undefined;
      if (this.#isAhead()) this.#wait();
      else this.#pty.resume();
    }, resumeMs);
  }

  #resize(): void {
    const sizes = [...this.#clients.values()].filter((size) => size !== undefined);
    if (sizes.length === 0) return;
    const [columns, rows] = (['columns', 'rows'] as const).map((key) =>
      Math.min(...sizes.map((size) => size[key])),
    );
    if (columns === undefined || rows === undefined) return;
    try {
      this.#pty.resize(columns, rows);
    } catch {
      // The shell has ended and its terminal is closed; its exit is heard a moment later.
    }
  }
}
