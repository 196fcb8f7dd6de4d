import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Config } from '../../kernel/config.ts';
import { divergencesIn, notebookOf, TapeGround, type TapedCell } from '../support/tape.ts';
import { tapeCells, tapeReplies, writeTapeFiles } from '../support/tape-cells.ts';

const turnMime = 'application/vnd.replique.turn+json';
const tapeMime = 'application/vnd.replique.tape+json';

let ground: TapeGround;
let recorded: TapedCell[];

beforeAll(async () => {
  ground = new TapeGround(tapeReplies);
  writeTapeFiles(ground.workspace);
  recorded = await ground.record(tapeCells);
  ground.script([]);
});
beforeEach(() => {
  for (const name of ['tool', 'missing.txt'])
    rmSync(join(ground.workspace, name), { recursive: true, force: true });
  writeTapeFiles(ground.workspace);
});
afterAll(() => ground.close());

type Output = Record<string, unknown> & { data?: Record<string, Record<string, unknown> | string> };

interface Planted {
  /** What is changed. */
  readonly what: string;
  /** In the tape: what is run is the same notebook. */
  readonly tape?: (cells: TapedCell[]) => unknown;
  /** In what is run: the tape stays as it was recorded. */
  readonly run?: (cells: TapedCell[]) => unknown;
  readonly file?: readonly [name: string, text: string];
  readonly config?: Partial<Config>;
  /** The ids of the cells that must be named, and no others. */
  readonly named: readonly string[];
  readonly kind: string;
  /** Part of the first divergence's sentence or difference. */
  readonly says: string;
}

const cellIn = (cells: TapedCell[], id: string): TapedCell => {
  const found = cells.find((cell) => cell.id === id);
  if (!found) throw new Error(`There is no cell ${id}.`);
  return found;
};
const turnsOf = (cells: TapedCell[], id: string): Output[] =>
  (cellIn(cells, id).outputs as Output[]).filter((output) => output['data'] && turnMime in output.data);
const turn = (cells: TapedCell[], id: string, number = 1): Record<string, Record<string, unknown>> =>
  turnsOf(cells, id)[number - 1]?.data as Record<string, Record<string, unknown>>;
const streamOf = (cells: TapedCell[], id: string): Record<string, unknown> =>
  cellIn(cells, id).outputs.find(({ output_type: type }) => type === 'stream') ?? {};
const displayOf = (cells: TapedCell[], id: string, type: string): Record<string, string> =>
  (cellIn(cells, id).outputs as Output[]).find(({ data }) => data && type in data && !(turnMime in data))
    ?.data as Record<string, string>;
const edit = (cells: TapedCell[], id: string, from: string, to: string): void => {
  const cell = cellIn(cells, id);
  cell.source = cell.source.replace(from, to);
};
const swap = (cells: TapedCell[], a: string, b: string): void => {
  const [left, right] = [cells.indexOf(cellIn(cells, a)), cells.indexOf(cellIn(cells, b))];
  [cells[left], cells[right]] = [cellIn(cells, b), cellIn(cells, a)];
};
const remove = (cells: TapedCell[], id: string): unknown => cells.splice(cells.indexOf(cellIn(cells, id)), 1);

const tinyPng =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const planted: readonly Planted[] = [
  {
    what: 'a number in a file that a helper reads',
    file: ['numbers.txt', '10\n20\n31\n'],
    named: ['sum', 'state'],
    kind: 'result',
    says: '-Sum: 60\n+Sum: 61',
  },
  {
    what: 'one value of a table',
    file: ['sales.csv', 'region,amount\nNorth,120\nSouth,81\nEast,54.5\n'],
    named: ['table', 'plot'],
    kind: 'result',
    says: '-row 1, column amount: 80.0\n+row 1, column amount: 81.0',
  },
  {
    what: 'bars of a chart',
    file: ['sales.csv', 'region,amount\nNorth,85.2\nSouth,85.1\nEast,85.2\n'],
    named: ['table', 'plot'],
    kind: 'result',
    says: 'table',
  },
  {
    what: 'a row more in a table',
    file: ['sales.csv', 'region,amount\nNorth,120\nSouth,80\nEast,55.5\nWest,85.16666666666667\n'],
    named: ['table', 'plot'],
    kind: 'result',
    says: '4 rows',
  },
  {
    what: 'a file that is gone',
    file: ['sales.csv', ''],
    named: ['table', 'plot'],
    kind: 'result',
    says: 'It fails now',
  },
  {
    what: 'a file that was missing',
    file: ['missing.txt', ''],
    named: ['mend'],
    kind: 'result',
    says: 'It failed then, and now it does not.',
  },
  {
    what: 'another version of a package',
    file: ['tool/__init__.py', 'def about():\n    return "tool, version 2"\n'],
    named: ['mend'],
    kind: 'result',
    says: '+tool, version 2',
  },
  {
    what: 'a package that fails in another way',
    file: ['tool/__init__.py', 'raise ImportError("tool needs a licence")\n'],
    named: ['mend'],
    kind: 'result',
    says: 'in another way',
  },
  {
    what: 'a package whose output is random',
    file: ['tool/__init__.py', 'import random\ndef about():\n    return f"tool, {random.random()}"\n'],
    named: ['mend'],
    kind: 'result',
    says: 'tool, 0.',
  },
  {
    what: 'a file that a prompt points at',
    file: ['note.md', '# Note\n\nBuy bread.\n'],
    named: ['given'],
    kind: 'request',
    says: '+Buy bread.',
  },
  {
    what: 'lines that a bash cell counts',
    file: ['numbers.txt', '10\n20\n30\n0\n'],
    named: ['count'],
    kind: 'result',
    says: '-3\n+4',
  },
  {
    what: 'the prompt, in the notebook that is the tape',
    tape: (cells) => edit(cells, 'sum', 'sum of', 'mean of'),
    named: ['sum'],
    kind: 'request',
    says: '+What is the mean of the numbers',
  },
  {
    what: 'the prompt that is run',
    run: (cells) => edit(cells, 'hello', 'hello', 'goodbye'),
    named: ['hello'],
    kind: 'request',
    says: '+Say goodbye.',
  },
  {
    what: 'the prompt that is run, by a client that names no cells',
    run: (cells) => {
      edit(cells, 'plot', 'Draw', 'Sketch');
      for (const cell of cells) delete cell.id;
    },
    named: ['Sketch the sales.'],
    kind: 'request',
    says: '+Sketch the sales.',
  },
  {
    what: 'the code of a code cell',
    run: (cells) => edit(cells, 'scale', 'scale = 10', 'scale = 10 + 0'),
    named: ['scale'],
    kind: 'code',
    says: '+scale = 10 + 0',
  },
  {
    what: 'the code of a code cell, in the tape, too',
    tape: (cells) => edit(cells, 'scale', 'scale = 10', 'scale = 11'),
    named: ['scale', 'plot', 'state'],
    kind: 'result',
    says: '+scale 11',
  },
  {
    what: 'the text of an output',
    tape: (cells) => (streamOf(cells, 'sum')['text'] = 'Sum: 600\n'),
    named: ['sum'],
    kind: 'result',
    says: '-Sum: 600\n+Sum: 60',
  },
  {
    what: 'the text of a code cell’s output',
    tape: (cells) => (streamOf(cells, 'count')['text'] = '30\n'),
    named: ['count'],
    kind: 'result',
    says: '-30\n+3',
  },
  {
    what: 'an image',
    tape: (cells) => (displayOf(cells, 'plot', 'image/png')['image/png'] = tinyPng),
    named: ['plot'],
    kind: 'result',
    says: 'pixels large',
  },
  {
    what: 'an output that was taken away',
    tape: (cells) => (cellIn(cells, 'scale').outputs = []),
    named: ['scale'],
    kind: 'missing',
    says: 'No output is recorded',
  },
  {
    what: 'a table that was taken away',
    tape: (cells) => {
      const cell = cellIn(cells, 'table');
      const table = displayOf(cells, 'table', 'text/html');
      cell.outputs = (cell.outputs as Output[]).filter(({ data }) => data !== (table as unknown));
    },
    named: ['table'],
    kind: 'result',
    says: 'There were 0 displays',
  },
  {
    what: 'what the model said',
    tape: (cells) => (turn(cells, 'hello')[turnMime]!['text'] = 'Goodbye!'),
    named: ['hello'],
    kind: 'schema',
    says: 'changed in the notebook',
  },
  {
    what: 'the code of a helper',
    tape: (cells) => {
      const helper = turn(cells, 'state')[turnMime]!['helper'] as Record<string, unknown>;
      helper['code'] = 'print(scale * sum(numbers) + 0)\n';
    },
    named: ['state'],
    kind: 'code',
    says: 'its hash',
  },
  {
    what: 'what the model was given as a result',
    tape: (cells) => {
      const result = turn(cells, 'sum')[tapeMime]!['result'] as Record<string, unknown>;
      result['text'] = '<result status="ok">\nSum: 61\n</result>';
    },
    named: ['sum'],
    kind: 'schema',
    says: 'seal',
  },
  {
    what: 'the model in a record',
    tape: (cells) => (turn(cells, 'hello')[turnMime]!['model'] = 'gpt-99'),
    named: ['hello'],
    kind: 'schema',
    says: 'changed in the notebook',
  },
  {
    what: 'another model in the configuration',
    config: { model: 'other' },
    named: ['sum', 'table', 'plot', 'mend', 'volatile', 'hello', 'given', 'state'],
    kind: 'request',
    says: 'Another model',
  },
  {
    what: 'another temperature',
    config: { temperature: 1 },
    named: ['sum', 'table', 'plot', 'mend', 'volatile', 'hello', 'given', 'state'],
    kind: 'request',
    says: 'Another temperature',
  },
  {
    what: 'two prompts in another order',
    run: (cells) => swap(cells, 'hello', 'given'),
    named: ['given', 'hello', 'state'],
    kind: 'request',
    says: 'after cell 8 (Say hello.)',
  },
  {
    what: 'a prompt that is left out',
    run: (cells) => remove(cells, 'hello'),
    named: ['given'],
    kind: 'request',
    says: 'after cell 7',
  },
  {
    what: 'a prompt that was never recorded',
    run: (cells) =>
      cells.push({ ...cellIn(cells, 'hello'), id: 'new', source: 'Write a poem.', outputs: [] }),
    named: ['new'],
    kind: 'missing',
    says: 'not on the tape',
  },
  {
    what: 'a turn that a newer version wrote',
    tape: (cells) => (turn(cells, 'hello')[turnMime]!['version'] = 7),
    named: ['hello'],
    kind: 'schema',
    says: 'newer Replique (version 7',
  },
  {
    what: 'a turn that is no turn',
    tape: (cells) => (turn(cells, 'given')[turnMime] = { version: 1 }),
    named: ['given'],
    kind: 'schema',
    says: 'not as Replique writes it',
  },
];

it.each(planted)('names the cell where $what was changed', async (plant) => {
  const tape = structuredClone(recorded);
  plant.tape?.(tape);
  const cells = structuredClone(tape);
  plant.run?.(cells);
  ground.write(notebookOf(tape));
  const [name, text] = plant.file ?? [];
  if (name !== undefined) writeFileSync(join(ground.workspace, name), text ?? '');
  const played = await ground.play('verify', cells, plant.config);
  const named = cells.filter((_, index) => played[index]?.reply['ename'] === 'Diverged');
  expect(named.map(({ id, source }) => id ?? source)).toEqual(plant.named);
  const first = played.flatMap(divergencesIn)[0];
  expect(first?.kind).toBe(plant.kind);
  expect(`${String(first?.what)}\n${String(first?.diff)}\n${JSON.stringify(first)}`).toContain(plant.says);
});
