import type { Envelope } from '../protocol/header.ts';
import { inputReplyValue } from '../protocol/messages.ts';
import type { Outbox, Requester } from './outbox.ts';

/** What clients send where the person pressed Ctrl-D. */
const END_OF_FILE = '\x04';

/** The question was not answered. `name` is the exception that Python's `input()` raises then. */
class InputError extends Error {
  override readonly name: 'EOFError' | 'KeyboardInterrupt';

  constructor(name: 'EOFError' | 'KeyboardInterrupt', message: string) {
    super(message);
    this.name = name;
  }
}

interface Question {
  readonly id: string;
  readonly requester: Requester;
  readonly answer: (value: string) => void;
}

/** Asks the person at the client that runs the cell. One question at a time, as there is one cell at a time. */
export class Stdin {
  readonly #outbox: Outbox;
  readonly #log: (line: string) => void;
  #question: Question | undefined;

  constructor(outbox: Outbox, log: (line: string) => void) {
    this.#outbox = outbox;
    this.#log = log;
  }

  /**
   * Asks, and settles with the line that was typed.
   * Rejects where the signal is aborted, the person ends the input, or another question is still open.
   */
  async ask(requester: Requester, prompt: string, password: boolean, signal: AbortSignal): Promise<string> {
    if (this.#question) throw new Error('Another question is waiting for its answer.');
    if (signal.aborted) throw interrupted();
    const { msg_id } = this.#outbox.requestInput(requester, prompt, password);
    try {
      const value = await this.#answer(msg_id, requester, signal);
      if (value === END_OF_FILE) throw new InputError('EOFError', 'End of input.');
      return value;
    } finally {
      this.#question = undefined;
    }
  }

  /** Takes a message of the stdin channel: an answer to the open question, or nothing that matters. */
  receive({ identities, message }: Envelope): void {
    const value = inputReplyValue(message);
    const question = this.#question;
    if (value === undefined || !question || !fits(question, identities, message.parent_header['msg_id'])) {
      this.#log('Ignored a message on stdin that answers no open question.');
      return;
    }
    question.answer(value);
  }

  #answer(id: string, requester: Requester, signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(interrupted());
      const answer = (value: string): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(value);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#question = { id, requester, answer };
    });
  }
}

const interrupted = (): InputError =>
  new InputError('KeyboardInterrupt', 'Interrupted while waiting for input.');

/** jupyter_client's answers name no parent; any other client's must name the question. */
function fits({ id, requester }: Question, identities: readonly Uint8Array[], parentId: unknown): boolean {
  const sameClient =
    Buffer.concat(identities).equals(Buffer.concat(requester.identities)) &&
    identities.length === requester.identities.length;
  return sameClient && (parentId === undefined || parentId === id);
}
