import type { HelperBlock } from '../loop/events.ts';
import type { ToolResult } from '../tools/contract.ts';
import type { WorkerError } from '../sandbox/contract.ts';
import { ansiToHtml } from './ansi-html.ts';
import type { IopubMessage } from './contract.ts';
import { showInvisible } from './firewall/invisible.ts';
import type { Redactor } from './firewall/redact.ts';
import { wellFormed } from './firewall/stream.ts';
import { filterTerminal } from './firewall/terminal.ts';
import { formatCount } from './format.ts';
import { displayData, oneLine, withReplique } from './messages.ts';
import { mime } from './schema.ts';
import type { ResultData } from './schema.ts';

const longestTraceback = 100_000;

const sentences: Readonly<Record<ResultData['status'], string>> = {
  error: 'The helper failed.',
  interrupted: 'The helper was interrupted.',
  timeout: 'The helper took longer than it may and was stopped.',
  limit: 'The helper was stopped by a limit.',
  died: 'The process that ran the helper ended by itself.',
};

/** A Python error as a reader may see it: colours kept, everything else that controls a terminal removed. */
export function safeError(error: WorkerError, redactor: Redactor): WorkerError {
  const text = error.traceback.join('\n');
  const shown = showInvisible(redactor.text(filterTerminal(wellFormed(text.slice(0, longestTraceback)))));
  const more = text.length - longestTraceback;
  return {
    ename: oneLine(error.ename.slice(0, 1000), redactor),
    evalue: showInvisible(redactor.text(filterTerminal(wellFormed(error.evalue.slice(0, 10_000))))),
    traceback: [
      ...shown.split('\n'),
      ...(more > 0 ? [`[${formatCount(more)} more characters are not shown]`] : []),
    ],
  };
}

export interface Failure {
  readonly turn: number;
  readonly helper: number;
  readonly block: HelperBlock;
  readonly status: ToolResult['status'];
  readonly error?: WorkerError | undefined;
  readonly notice?: string | undefined;
}

/** A helper that failed, as an output: never a Jupyter `error`, which ends a papermill run though the model mends it. */
export function failureMessage(failure: Failure, redactor: Redactor): IopubMessage {
  const status = failure.status === 'ok' ? 'error' : failure.status;
  const error = failure.error === undefined ? undefined : safeError(failure.error, redactor);
  const notice = failure.notice === undefined ? undefined : oneLine(failure.notice, redactor);
  const traceback =
    error !== undefined && error.traceback.join('') === ''
      ? [`${error.ename}: ${error.evalue}`]
      : error?.traceback;
  const text = [
    ...(traceback ?? []),
    ...(notice === undefined && traceback !== undefined ? [] : [notice ?? sentences[status]]),
  ].join('\n');
  const result: ResultData = {
    version: 1,
    lang: failure.block.lang,
    hash: failure.block.hash,
    status,
    ...(error && { error: { ename: error.ename, evalue: error.evalue, traceback: [...error.traceback] } }),
    ...(notice !== undefined && { notice }),
  };
  return displayData(
    { 'text/plain': text, 'text/html': ansiToHtml(text), [mime.result]: result },
    withReplique({ kind: 'helper', turn: failure.turn, helper: failure.helper }),
  );
}
