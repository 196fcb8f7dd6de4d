import { randomUUID } from 'node:crypto';
import { Turns } from '../turns.ts';
import type { Frame, Line } from './channel.ts';
import type { Completeness } from './contract.ts';
import { checkReply, completenessReply, parseMessage, type ReplyMessage } from './messages.ts';
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
  #settle: ((reply: ReplyMessage | undefined) => void) | undefined;
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
    return checkReply.safeParse(await this.#ask({ kind: 'check', code, language })).data?.complaint;
  }

  /** Whether IPython would run code as it stands; `undefined` where there is no word. */
  async isComplete(code: string): Promise<Completeness | undefined> {
    const reply = completenessReply.safeParse(await this.#ask({ kind: 'is_complete', code })).data;
    return reply && { status: reply.status, ...(reply.indent !== undefined && { indent: reply.indent }) };
  }

  async #ask(question: Readonly<Record<string, unknown>>): Promise<ReplyMessage | undefined> {
    const done = await this.#turns.enter();
    try {
      if (this.#gone) return undefined;
      this.#id = randomUUID();
      const answered = new Promise<{ reply: ReplyMessage | undefined }>((resolve) => {
        this.#settle = (reply) => resolve({ reply });
      });
      this.#line.send({ ...question, id: this.#id });
      const answer = await settledWithin(answered, longestMs);
      if (answer === undefined) this.#end();
      return answer?.reply;
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
      this.#settle?.(message);
    } else this.#end();
  }

  #end(): void {
    this.#gone = true;
    this.#settle?.(undefined);
  }
}
