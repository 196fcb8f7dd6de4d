import type { LoopEvent } from '../loop/events.ts';
import type { IopubMessage } from './contract.ts';
import type { Redactor } from './firewall/redact.ts';
import { formatCount } from './format.ts';
import { noticeMessage, oneLine } from './messages.ts';

/** The quiet line that says what went to the model with the prompt. */
export function givenMessage(
  { references }: Extract<LoopEvent, { type: 'given' }>,
  redactor: Redactor,
): IopubMessage {
  const clean = references.map(({ reference, what, ...cut }) => ({
    ...{ reference: oneLine(reference, redactor), what: oneLine(what, redactor) },
    ...cut,
  }));
  const said = clean.map(({ reference, what, shown, of }) => {
    const isCut = shown !== undefined && of !== undefined;
    const cut = isCut ? `; ${formatCount(shown)} of ${formatCount(of)} characters` : '';
    return `${reference} (${what}${cut})`;
  });
  return noticeMessage(`Given with the prompt: ${said.join(', ')}`, redactor, {
    kind: 'given',
    references: clean,
  });
}
