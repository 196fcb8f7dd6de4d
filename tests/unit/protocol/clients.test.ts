import { expect, it } from 'vitest';
import { formOf } from '../../../kernel/protocol/clients.ts';
import { makeMessage } from '../../../kernel/protocol/header.ts';

const said = (version: unknown, content: object, metadata: Record<string, unknown> = {}) => {
  const message = makeMessage('execute_request', 'client', { code: 'x', ...content }, { metadata });
  return formOf({ ...message, header: { ...message.header, version: version as string } });
};
const asks = { allow_stdin: true };

it.each([
  ['jupyter console and jupyter run', '5.4', asks, {}, 'lines'],
  ['a later one', '6.0', asks, {}, 'lines'],
  ['nbclient and papermill', '5.4', { allow_stdin: false }, {}, 'document'],
  ['nbclient of old', '5.3', {}, {}, 'document'],
  [
    'JupyterLab and Notebook',
    '5.2',
    asks,
    { cellId: 'b1f0', deletedCells: [], recordTiming: false },
    'document',
  ],
  ['VS Code', '5.2', asks, { cellId: 'vscode-notebook-cell:/home/ada/a.ipynb#W0' }, 'document'],
  ['an extension of JupyterLab', '5.2', asks, {}, 'document'],
  ['a client of jupyter_client that names the cell', '5.4', asks, { cellId: 'b1f0' }, 'document'],
  ['who says no version', undefined, asks, {}, 'document'],
  ['who says nonsense', 'five', asks, {}, 'document'],
  ['who says "yes" to questions', '5.4', { allow_stdin: 'yes' }, {}, 'document'],
] as const)('%s', (_who, version, content, metadata, form) => {
  expect(said(version, content, metadata)).toBe(form);
});
