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
}

interface Question {
  readonly session: string;
  readonly header: Header;
  /** Id of the request that asks. */
  readonly request: string;
  timer?: NodeJS.Timeout | undefined;
}

/** The question that a kernel asks a page: while the page is away it does not wait for ever. */
export class OpenQuestion {
  readonly #options: Options;
  #question: Question | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Takes a message of the kernel: a question, or what shows that there is none any more. */
  received({ channel, header, parent }: Received, session: string): void {
    const request = String(parent['msg_id']);
    if (channel === 'stdin' && header.msg_type === 'input_request') {
      this.close();
      this.#question = { session, header, request };
      if (!this.#options.isPresent(session)) this.#wait(this.#question);
    } else if (channel === 'shell' && request === this.#question?.request) {
      this.close();
    }
  }

  /** The page is there, and has the question. */
  attached(session: string): void {
    if (this.#question?.session === session) clearTimeout(this.#question.timer);
  }

  detached(session: string): void {
    if (this.#question?.session === session) this.#wait(this.#question);
  }

  /** It is answered, or nobody waits for an answer. */
  close(): void {
    clearTimeout(this.#question?.timer);
    this.#question = undefined;
  }

  #wait(question: Question): void {
    clearTimeout(question.timer);
    const deny = (): void => {
      this.close();
      const { header } = question;
      const reply = makeMessage(
        'input_reply',
        header.session,
        { status: 'ok', value: endOfInput },
        { parent: header },
      );
      this.#options.answer(rawMessage(reply));
    };
    question.timer = setTimeout(deny, Math.min(this.#options.limitMs, longestMs));
    question.timer.unref();
  }
}
