import { makeMessage, type Header } from '../../../kernel/protocol/header.ts';
import { rawMessage, type RawMessage } from '../../../kernel/protocol/frames.ts';
import type { Received } from './sockets.ts';

/** What a person sends who ends the input: `input()` raises EOFError then, and a question of Replique's is denied. */
const endOfInput = '\x04';

/** Node's timers hold no longer times. */
const longestMs = 2 ** 31 - 1;

interface Options {
  /** How long a question waits for its page. */
  readonly limitMs: number;
  readonly isPresent: (session: string) => boolean;
  /** Sends what stands for the answer, on stdin. */
  readonly answer: (message: RawMessage) => void;
  /** Told when there is one, and when there is none any more. */
  readonly onChange: () => void;
}

/** A question that is open. */
export interface Question {
  readonly session: string;
  readonly header: Header;
  /** Id of the request that asks. */
  readonly request: string;
  /** By which the kernel knows who is asked: it may take the answer from there alone. */
  readonly identity?: string | undefined;
}

/** The question that a kernel asks a page: while the page is away it does not wait for ever. */
export class OpenQuestion {
  readonly #options: Options;
  #question: Question | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  get open(): Question | undefined {
    return this.#question;
  }

  /** Goes on with one that a server before has taken. */
  restore(question: Question): void {
    this.#ask(question);
  }

  /**
   * Takes a message of the kernel: a question, or what shows that there is none any more.
   * @param session whose it is
   */
  received({ channel, header, parent, identity }: Received, session: string): void {
    const request = String(parent['msg_id']);
    if (channel === 'stdin' && header.msg_type === 'input_request') {
      const before = this.#question?.header.msg_id === header.msg_id ? this.#question : undefined;
      this.#ask({ session, header, request, identity: identity ?? before?.identity });
    } else if (channel === 'shell' && request === this.#question?.request) {
      this.close();
    }
  }

  /** The page is there, and has the question. */
  attached(session: string): void {
    if (this.#question?.session === session) clearTimeout(this.#timer);
  }

  detached(session: string): void {
    if (this.#question?.session === session) this.#wait(this.#question);
  }

  /** It is answered, or nobody waits for an answer. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.#question === undefined) return;
    this.#question = undefined;
    this.#options.onChange();
  }

  /** The kernel goes on without this server: the next one has the question. */
  leave(): void {
    clearTimeout(this.#timer);
  }

  #ask(question: Question): void {
    clearTimeout(this.#timer);
    this.#question = question;
    if (!this.#options.isPresent(question.session)) this.#wait(question);
    this.#options.onChange();
  }

  #wait({ header }: Question): void {
    clearTimeout(this.#timer);
    const deny = (): void => {
      this.close();
      const reply = makeMessage(
        'input_reply',
        header.session,
        { status: 'ok', value: endOfInput },
        { parent: header },
      );
      this.#options.answer(rawMessage(reply));
    };
    this.#timer = setTimeout(deny, Math.min(this.#options.limitMs, longestMs));
    this.#timer.unref();
  }
}
