import type { IopubMessage } from '../contract.ts';

/** Shown in lines of their own by clients that show text as it comes. */
const ownLines: readonly IopubMessage['msg_type'][] = ['display_data', 'execute_result', 'error'];

/** Ends a line that text has left open before something else is shown. */
export class LineBreaks {
  readonly #publish: (message: IopubMessage) => void;
  #isOpen = false;

  constructor(publish: (message: IopubMessage) => void) {
    this.#publish = publish;
  }

  /** Whether what was published last did not end its line. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  readonly publish = (message: IopubMessage): void => {
    if (message.msg_type === 'stream') {
      this.#isOpen = !String(message.content['text']).endsWith('\n');
    } else if (ownLines.includes(message.msg_type)) {
      if (this.#isOpen) this.#publish({ msg_type: 'stream', content: { name: 'stdout', text: '\n' } });
      this.#isOpen = false;
    }
    this.#publish(message);
  };
}
