import { expect, it } from 'vitest';
import { cellOf, formOf } from '../../../kernel/protocol/clients.ts';
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

const cell = (cellId: unknown, session = 'one') => {
  const message = makeMessage('execute_request', session, {}, { metadata: { cellId } });
  return cellOf(message);
};
const address = 'vscode-notebook-cell:/home/ada/a.ipynb#W0sZmlsZQ==';

it('a cell has one name, whoever runs it from the notebook', () => {
  expect(cell('b1f0-4_c')).toBe('notebook:b1f0-4_c');
  expect(cell('b1f0-4_c', 'two')).toBe('notebook:b1f0-4_c');
});

it('an editor’s address names a cell for as long as its session lasts, and does not show where the file is', () => {
  expect(cell(address)).toMatch(/^client:[0-9a-f]{32}$/);
  expect(cell(address)).toBe(cell(address));
  expect(cell(address, 'two')).not.toBe(cell(address));
  expect(cell(address.replace('W0', 'W1'))).not.toBe(cell(address));
});

it.each([[undefined], [null], [7], [''], ['x'.repeat(20_000)], [['b1f0']], [{ id: 'b1f0' }]])(
  'a cell that is named %j has none',
  (cellId) => {
    expect(cell(cellId)).toBeUndefined();
  },
);

it('what is no id of a notebook is not taken for one', () => {
  for (const id of ['a b', '../x', 'é', 'x'.repeat(65), 'a\nb']) expect(cell(id)).toMatch(/^client:/);
});
