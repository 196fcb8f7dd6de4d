import type { CellEvent, LoopEvent } from '../loop/events.ts';
import type { IopubMessage } from './contract.ts';
import { safeInline } from './firewall/inline.ts';
import type { Redactor } from './firewall/redact.ts';
import { displayData, markdownName, oneLine, quietLine, withReplique } from './messages.ts';

type Heading = Extract<CellEvent, { type: 'attempt' }>;
type Problem = NonNullable<Extract<LoopEvent, { type: 'stop' }>['problem']>;

const longest = 1000;

/** What stands above an attempt's outputs: its branch, and who answers. */
export function attemptMessage({ name, what, estimate }: Heading, redactor: Redactor): IopubMessage {
  const line = (text: string): string => oneLine(text, redactor).slice(0, longest);
  const attempt = {
    ...{ name: line(name).slice(0, 100), what: line(what) },
    ...(estimate !== undefined && { estimate: line(estimate) }),
  };
  const note = attempt.estimate === undefined ? undefined : quietLine(attempt.estimate, redactor);
  const head = `${attempt.name} · ${attempt.what}`;
  return displayData(
    {
      'text/markdown': [
        ...(note ? [note.markdown] : []),
        `#### ${markdownName(attempt.name, redactor)} · ${safeInline(attempt.what)}`,
      ].join('\n\n'),
      'text/plain': [...(note ? [note.plain] : []), `── ${head} ──`].join('\n'),
    },
    withReplique({ kind: 'attempt', attempt }),
  );
}

/** How an attempt failed. It is no error of the cell, which may be a success all the same. */
export function attemptFailure(problem: Problem, redactor: Redactor): IopubMessage {
  const line = (text: string): string => oneLine(text, redactor).slice(0, longest);
  const clean = {
    ...{ ename: line(problem.ename), sentence: line(problem.sentence), remedy: line(problem.remedy) },
  };
  const text = `${clean.ename}: ${clean.sentence}${clean.remedy === '' ? '' : ` → ${clean.remedy}`}`;
  const { markdown, plain } = quietLine(text, redactor);
  return displayData(
    { 'text/markdown': markdown, 'text/plain': plain },
    withReplique({ kind: 'failure', problem: clean }),
  );
}
