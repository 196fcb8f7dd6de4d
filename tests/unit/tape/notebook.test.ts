import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readNotebook, type Notebook } from '../../../kernel/tape/notebook.ts';
import { modeOfCell, modeOfSession } from '../../../kernel/tape/mode.ts';
import { TapeSource } from '../../../kernel/tape/source.ts';

const directory = mkdtempSync(join(tmpdir(), 'replique-notebook-'));
const file = join(directory, 'notebook.ipynb');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function read(value: unknown): Notebook {
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return readNotebook(file);
}
const book = (cells: readonly object[], more: object = {}): object => ({
  nbformat: 4,
  metadata: {},
  cells,
  ...more,
});
const code = (more: object = {}): object => ({
  cell_type: 'code',
  source: 'Say hello.',
  metadata: {},
  outputs: [],
  ...more,
});

it.each<readonly [what: string, value: unknown, says: string]>([
  ['nothing', '', 'it is not JSON'],
  ['null', 'null', 'it is not a notebook in format 4'],
  ['a text', '"notebook"', 'it is not a notebook in format 4'],
  ['format 3', { nbformat: 3, worksheets: [] }, 'it is in notebook format 3'],
  ['a format that is no number', { nbformat: '4', cells: [] }, '(at "nbformat")'],
  ['format 5', { nbformat: 5, cells: [] }, 'which this version does not know'],
  ['no cells', { nbformat: 4 }, '(at "cells")'],
  ['cells that are none', book([1 as never]), '(at "cells.0")'],
  ['a source of numbers', book([code({ source: [1] })]), '(at "cells.0.source'],
  ['outputs that are none', book([code({ outputs: {} })]), '(at "cells.0.outputs")'],
  ['too many cells', book(Array.from({ length: 10_001 }, () => code())), '(at "cells")'],
  [
    'too many outputs',
    book([code({ outputs: Array.from({ length: 20_001 }, () => 0) })]),
    '(at "cells.0.outputs")',
  ],
])('does not read %s as a notebook, and says why', (_what, value, says) => {
  expect(() => read(value)).toThrow(says);
});

it('says that a folder is no notebook', () => {
  expect(() => readNotebook(directory)).toThrow('it is not a regular file');
});

it('reads what concerns it, and lets what is not as it should be go', () => {
  const output = { output_type: 'stream', name: 'stdout', text: ['a\n', 'b'] };
  const { cells, kernel, mode, problems } = read(
    `\uFEFF${JSON.stringify(
      book(
        [
          { cell_type: 'markdown', source: ['# A\n', 'b'], metadata: 1 },
          code({
            id: 'a',
            source: ['Say ', 'hello.'],
            outputs: [output],
            metadata: { tags: 'replique:live' },
          }),
          code({ id: 7, metadata: { tags: [1, 'replique:random', 'replique:verify'], replique: 'no' } }),
          code({ id: 'b', metadata: { tags: ['replique:live'], replique: { tape: 'replay' } } }),
          code({ id: 'b', outputs: undefined, metadata: { replique: { tape: 'never' } } }),
        ],
        { metadata: { replique: { tape: 'verify' }, kernelspec: { name: 'replique' } } },
      ),
    )}`,
  );
  expect({ kernel, mode }).toEqual({ kernel: 'replique', mode: 'verify' });
  expect(problems).toEqual(['Several cells have the id "b": such cells are found by their text alone.']);
  expect(cells).toEqual([
    {
      ...{ number: 2, id: 'a', source: 'Say hello.', mode: undefined, isRandom: false },
      outputs: [{ output_type: 'stream', name: 'stdout', text: 'a\nb' }],
    },
    { number: 3, source: 'Say hello.', mode: 'verify', isRandom: true, outputs: [] },
    { number: 4, source: 'Say hello.', mode: 'replay', isRandom: false, outputs: [] },
    { number: 5, source: 'Say hello.', mode: undefined, isRandom: false, outputs: [] },
  ]);
});

it.each([
  [{ output_type: 'pyout' }],
  [{ output_type: 'stream', name: 'stdin', text: '' }],
  [{ output_type: 'display_data', data: { ['x'.repeat(201)]: 1 }, metadata: {} }],
  [null],
])('names the output that is not as nbformat has it, and keeps the others: %j', (bad) => {
  const good = { output_type: 'display_data', data: { 'text/plain': 'a' } };
  const { cells } = read(book([code({ outputs: [good, bad, good] })]));
  expect(cells[0]?.outputs).toEqual([
    { ...good, metadata: {} },
    { ...good, metadata: {} },
  ]);
  expect(cells[0]?.problem).toBe('Output 2 of cell 1 is not as nbformat 4 has it.');
});

it('reads a notebook for its settings anew when it was saved, and has none where it can’t be read', () => {
  const source = new TapeSource(file);
  writeFileSync(file, JSON.stringify(book([], { metadata: { replique: { tape: 'replay' } } })));
  expect(source.settings()?.mode).toBe('replay');
  writeFileSync(file, JSON.stringify(book([code()], { metadata: { replique: { tape: 'live' } } })));
  expect(source.settings()?.mode).toBe('live');
  writeFileSync(file, JSON.stringify(book([])));
  expect(source.settings()).toBeUndefined();
  writeFileSync(file, '{"tape": ');
  expect(source.settings()).toBeUndefined();
  rmSync(file);
  expect(source.settings()).toBeUndefined();
  expect(new TapeSource(undefined).settings()).toBeUndefined();
  expect(() => new TapeSource(undefined).tape()).toThrow('tape');
});

it.each([
  ['record', undefined, undefined, 'record'],
  ['record', undefined, 'replay', 'replay'],
  ['record', 'live', 'replay', 'live'],
  ['live', undefined, 'replay', 'live'],
  ['live', 'record', 'replay', 'record'],
  ['replay', 'live', 'live', 'replay'],
  ['verify', 'live', 'live', 'verify'],
] as const)(
  'holds what counts: started with %s, chosen %s, the notebook says %s: %s',
  (started, chosen, says, holds) => {
    expect(modeOfSession(started, chosen, says)).toBe(holds);
  },
);

it.each([
  ['replay', 'replay', 'live', 'replay'],
  ['verify', 'verify', 'replay', 'replay'],
  ['verify', 'verify', 'live', 'verify'],
  ['record', 'live', undefined, 'live'],
  ['record', 'live', 'verify', 'verify'],
] as const)(
  'holds for a cell: started with %s, %s in the session, %s in the cell: %s',
  (started, session, own, holds) => {
    expect(modeOfCell(started, session, own)).toBe(holds);
  },
);
