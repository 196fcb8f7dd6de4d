import { bound, plainText } from '../../loop/escape.ts';
import type { Conversation } from '../../loop/conversation.ts';
import type { CellRequest } from '../contract.ts';
import type { Found } from './contract.ts';
import type { Reference } from './parse.ts';

const mostCells = 200;
const longestInput = 8000;
const longestAnswer = 16_000;

interface KeptCell {
  readonly input: string;
  answer?: string;
}

/** What the session's last cells were and how they were answered, since the kernel started; bounded. */
export class CellHistory {
  readonly #cells = new Map<number, KeptCell>();

  /** A cell that counts runs. */
  begin({ storeHistory, executionCount, code }: CellRequest): void {
    if (!storeHistory) return;
    this.#cells.delete(executionCount);
    this.#cells.set(executionCount, { input: bound(code, longestInput) });
    for (const oldest of this.#cells.keys()) {
      if (this.#cells.size <= mostCells) break;
      this.#cells.delete(oldest);
    }
  }

  /** The request of a prompt, whose answer is kept. */
  watching(request: CellRequest): CellRequest {
    return {
      ...request,
      emit: (event) => {
        if (event.type === 'stop' && event.answer !== undefined) {
          this.answered(request, event.answer);
        }
        request.emit(event);
      },
    };
  }

  /** Keeps what the code of a cell came to, and tells the conversation. */
  telling(conversation: Pick<Conversation, 'recordUserCode'>, request: CellRequest): typeof conversation {
    return {
      recordUserCode: (code, language, result) => {
        this.answered(request, result.split('\n').slice(1, -1).join('\n'));
        conversation.recordUserCode(code, language, result);
      },
    };
  }

  /** Keeps what a cell came to. */
  answered({ storeHistory, executionCount }: CellRequest, text: string): void {
    const kept = this.#cells.get(executionCount);
    if (storeHistory && kept !== undefined) kept.answer = bound(plainText(text), longestAnswer);
  }

  /** What a reference in the cell of this number stands for. */
  find({ part, number, written }: Extract<Reference, { kind: 'cell' }>, current: number): Found {
    const earlier = [...this.#cells].filter(([each]) => each < current);
    const counted = part === 'out' ? earlier.filter(([, { answer }]) => answer !== undefined) : earlier;
    const [at, cell] = (number < 0 ? counted.at(number) : earlier.find(([each]) => each === number)) ?? [
      number,
    ];
    if (cell === undefined) return { problem: `${written}: ${missing(number, current)}` };
    const text = part === 'in' ? cell.input : cell.answer;
    if (text === undefined) return { problem: `${written}: cell ${at} ended without an answer.` };
    const what = `${part === 'in' ? 'input' : 'answer'} of cell ${at}`;
    return { what, title: `the ${what}`, text };
  }
}

function missing(number: number, current: number): string {
  if (number < 0) return 'there is no such cell before this one.';
  if (number >= current) return `this is cell ${current}; only cells before it can be named.`;
  return `cell ${number} is not kept: only the last ${mostCells} cells since the kernel started are.`;
}
