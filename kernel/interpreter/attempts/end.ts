import type { CellOutcome } from '../../loop/events.ts';
import type { AttemptEnd } from '../../timeline/contract.ts';
import { tableOf, useCells, useHead } from '../../timeline/table.ts';
import { shortened } from '../../timeline/words.ts';
import { failed, plainError } from '../code-cell.ts';
import type { CellRequest } from '../contract.ts';
import type { CellHistory } from '../references/cells.ts';

const longestAnswer = 120;

/** What an attempt came to. */
export interface Tried {
  /** Of its branch. */
  readonly name: string;
  readonly outcome: CellOutcome;
  readonly end: AttemptEnd;
  /** Absent: it came to none. */
  readonly answer: string | undefined;
  readonly isInterrupted: boolean;
}

interface End {
  readonly tried: readonly Tried[];
  /** The one that is gone on from. */
  readonly chosen: Tried | undefined;
  /** The branch one stands on. */
  readonly on: string;
  readonly history: CellHistory;
  /** What is to be told of going there. */
  readonly notes: readonly string[];
}

/** Says what the attempts came to and where one stands, and ends the cell: a success where one came to an answer. */
export function endOf(request: CellRequest, { tried, chosen, on, history, notes }: End): CellOutcome {
  const rows = tried.map(({ name, answer, end, outcome, isInterrupted }) => [
    name,
    answer === undefined ? `(${whyNone(outcome, isInterrupted)})` : shortened(answer, longestAnswer),
    ...useCells(end),
  ]);
  const table = tableOf(['branch', 'answer', ...useHead], rows);
  const sentence = whereOneStands({ tried, chosen, on });
  request.emit({
    type: 'attempts',
    markdown: `${table.markdown}\n\n${sentence}`,
    text: `${table.text}\n${sentence.replaceAll('`', '')}`,
  });
  for (const text of notes) request.emit({ type: 'notice', text });
  if (chosen !== undefined) {
    history.answered(request, chosen.answer ?? '');
    return chosen.outcome;
  }
  if (tried.some(({ isInterrupted }) => isInterrupted))
    return failed(request, plainError('KeyboardInterrupt', ''), true);
  return failed(request, plainError('NoAnswer', 'None of the branches came to an answer.'), false);
}

const whyNone = (outcome: CellOutcome, isInterrupted: boolean): string =>
  isInterrupted ? 'interrupted' : `no answer: ${outcome.status === 'error' ? outcome.error.ename : ''}`;

function whereOneStands({ tried, chosen, on }: Omit<End, 'history' | 'notes'>): string {
  const others = tried.filter((each) => each !== chosen && !each.isInterrupted).map(({ name }) => name);
  if (chosen !== undefined) {
    const other = others[0] === undefined ? '' : `\`%checkout ${others[0]}\` goes on from another, `;
    return `You are on \`${on}\`, which goes on from \`${chosen.name}\`; ${other}\`%compare\` shows what differs.`;
  }
  const kept =
    others.length === 0 ? '' : ` Kept as branches: ${others.map((name) => `\`${name}\``).join(', ')}.`;
  const what = tried.some(({ isInterrupted }) => isInterrupted)
    ? 'It was interrupted'
    : 'None came to an answer';
  return `${what}: you are on \`${on}\`, as before it.${kept}`;
}
