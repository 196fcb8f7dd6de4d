import { randomUUID } from 'node:crypto';
import { Turns } from '../turns.ts';
import type { Frame, Line } from './channel.ts';
import { checkReply, parseMessage } from './messages.ts';
import { settledWithin } from './worker-time.ts';

/** worker/checker.py gives up after two seconds. */
const longestMs = 5_000;

/**
 * The host's side of worker/checker.py, which no helper can change. A helper can end it, or keep it from answering: then
 * there is no word any more, never a wrong one.
 */
export class Checker {
  readonly #line: Line;
  readonly #turns = new Turns();
  #pid: number | undefined;
  #settle: ((complaint: string | undefined) => void) | undefined;
  #id = '';
  #gone = false;

  constructor(line: Line) {
    this.#line = line;
    line.listen({ onFrame: (frame) => this.#receive(frame), onBreach: () => this.#end() });
  }

  /** A process of the sandbox has ended; without a number: all have. */
  ended(pid?: number): void {
    if (pid === undefined || pid === this.#pid) this.#end();
  }

  /** The compiler's complaint with line and caret; `undefined` where it has none, or there is no word. */
  async check(code: string, language: 'python' | 'bash'): Promise<string | undefined> {
    const done = await this.#turns.enter();
    try {
      if (this.#gone) return undefined;
      this.#id = randomUUID();
      const answered = new Promise<{ complaint: string | undefined }>((resolve) => {
        this.#settle = (complaint) => resolve({ complaint });
      });
      this.#line.send({ kind: 'check', id: this.#id, code, language });
      const answer = await settledWithin(answered, longestMs);
      if (answer === undefined) this.#end();
      return answer?.complaint;
    } finally {
      this.#settle = undefined;
      done();
    }
  }

  #receive(frame: Frame): void {
    const message = parseMessage(frame);
    if (typeof message !== 'string' && message.kind === 'hello' && message.role === 'checker') {
      this.#pid = message.pid;
    } else if (typeof message !== 'string' && message.kind === 'reply' && message.id === this.#id) {
      this.#settle?.(checkReply.safeParse(message).data?.complaint);
    } else this.#end();
  }

  #end(): void {
    this.#gone = true;
    this.#settle?.(undefined);
  }
}
