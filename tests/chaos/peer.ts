import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendJson } from '../support/http-peer.ts';
import { play, type ChatReply } from '../support/chat-script-peer.ts';
import { isMinimalCall } from '../support/minimal-call.ts';
import type { Fault, Plan, PlannedTurn } from './plan.ts';

/** Where a plan stands: both peers of a kernel play the same one. */
export class Stage {
  #plan: Plan | undefined;
  #turn = 0;
  #failed = { primary: 0, fallback: 0 };
  /** How often each fault was played. */
  readonly played = new Map<Fault, number>();

  begin(plan: Plan): void {
    this.#plan = plan;
    this.#turn = 0;
    this.#failed = { primary: 0, fallback: 0 };
  }

  /** What the next call of a peer comes to. After the last turn its text is said again. */
  next(role: 'primary' | 'fallback'): ChatReply {
    const turns = this.#plan?.turns ?? [];
    const turn = turns[Math.min(this.#turn, turns.length - 1)];
    if (turn === undefined) return { status: 500 };
    const fault = this.#turn < turns.length ? turn[role][this.#failed[role]] : undefined;
    if (fault === undefined) {
      this.#turn += 1;
      this.#failed = { primary: 0, fallback: 0 };
      return { text: turn.text };
    }
    this.#failed[role] += 1;
    this.played.set(fault, (this.played.get(fault) ?? 0) + 1);
    return replyOf(fault, turn);
  }
}

function replyOf(fault: Fault, { text }: PlannedTurn): ChatReply {
  // Half of a malformed block may be decided before the stream breaks: then it is a malformed turn, and nothing to retry.
  const half = text === '' || text.startsWith('<') ? 'Half' : text.slice(0, Math.ceil(text.length / 2));
  switch (fault) {
    case '429':
      return { status: 429, headers: { 'retry-after': '0' } };
    case '500':
    case '503':
      return { status: Number(fault) };
    case 'silence':
      return { end: 'stall' };
    case 'reset':
    case 'stall':
    case 'garbage':
    case 'truncated':
      return { text: half, end: fault };
  }
}

/** A service that speaks OpenAI's chat completions and plays its part of the plan; it can be gone for a while. */
export class ChaosPeer {
  readonly #role: 'primary' | 'fallback';
  readonly #stage: Stage;
  #server: Server | undefined;
  #port = 0;

  constructor(role: 'primary' | 'fallback', stage: Stage) {
    this.#role = role;
    this.#stage = stage;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((request, response) => this.#answer(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      if (request.method === 'POST')
        play(isMinimalCall(body) ? { text: 'OK' } : this.#stage.next(this.#role), response);
      else
        sendJson(response, 200, {
          object: 'list',
          data: [{ id: 'm', object: 'model', context_window: 32_768 }],
        });
    });
  }
}
