import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { helper, Jupyter, type Reply } from '../support/jupyter.ts';
import { cellOf, kindsOf, streamOf } from '../support/notebooks.ts';
import { expectedAnswers, problemWith, turnsOf, type Expected } from '../support/quickstart.ts';

const notebooks = join(import.meta.dirname, '..', '..', 'notebooks');

let jupyter: Jupyter;
let target: string;
beforeEach(() => {
  jupyter = new Jupyter({ REPLIQUE_RETRIES: '0' });
  target = join(jupyter.workspace, 'out.ipynb');
});
afterEach(() => jupyter.close());

it('keeps each turn, helper stream and result in its place', async () => {
  jupyter.script([
    { text: `I print.\n${helper('print("six times seven is", 6 * 7)')}`, chunk: 4 },
    { text: 'Forty-two.' },
  ]);
  const source = jupyter.writeNotebook('in.ipynb', [
    { id: 'ask', source: 'What is six times seven?' },
    { id: 'use', source: '%%python\nprint(_)\n6 * 7' },
  ]);
  expect(await jupyter.drive('nbclient_run.py', source, target)).toEqual({ error: null });
  expect(await jupyter.drive('validate.py', target)).toEqual([4, 5]);
  const ask = cellOf(target, 'ask');
  expect(kindsOf(ask)).toEqual(['turn', 'stream', 'turn', 'cell']);
  expect(streamOf(ask)).toBe('six times seven is 42\n');
  expect(turnsOf(ask)).toMatchObject([
    { provider: 'mock', model: 'mock', final: false, helper: { lang: 'python' } },
    { text: 'Forty-two.', final: true },
  ]);
  const streaming = ask.outputs?.filter(({ metadata }) => metadata?.replique?.['streaming'] !== undefined);
  expect(streaming).toEqual([]);
  const use = cellOf(target, 'use');
  expect(kindsOf(use)).toEqual(['stream', 'execute_result']);
  expect(streamOf(use)).toBe('Forty-two.\n');
});

it('stops at a prompt that ends in an error, with what there is', async () => {
  jupyter.script([
    { text: `I look.\n${helper('print("seen")')}` },
    { error: { status: 503, message: 'no capacity' } },
  ]);
  const source = jupyter.writeNotebook('in.ipynb', [
    { id: 'ask', source: 'What is there?' },
    { id: 'never', source: '%%python\nprint("never")' },
  ]);
  expect(await jupyter.drive('nbclient_run.py', source, target)).toEqual({
    error: ['ProviderError', expect.stringContaining('no capacity')],
  });
  expect(await jupyter.drive('validate.py', target)).toEqual([4, 5]);
  expect(kindsOf(cellOf(target, 'ask')).at(-1)).toBe('error');
  expect(streamOf(cellOf(target, 'ask'))).toBe('seen\n');
  expect(cellOf(target, 'never').outputs).toEqual([]);
});

it(
  'runs the quickstart, whose five answers a script gives and whose helpers run',
  { timeout: 90_000 },
  async () => {
    execFileSync(process.execPath, [join(notebooks, 'make-files.mjs'), '--seed', '7', jupyter.workspace]);
    const expected = expectedAnswers(jupyter.workspace);
    jupyter.script(quickstart(expected));
    const source = join(jupyter.workspace, 'quickstart.ipynb');
    copyFileSync(join(notebooks, 'quickstart.ipynb'), source);
    expect(await jupyter.drive('nbclient_run.py', source, target)).toEqual({ error: null });
    expect(await jupyter.drive('validate.py', target)).toEqual([4, 5]);
    expect(Object.keys(expected)).toHaveLength(5);
    for (const [id, right] of Object.entries(expected)) {
      expect([id, problemWith(cellOf(target, id), right)]).toEqual([id, undefined]);
    }
    expect(cellOf(target, 'table').outputs?.map(({ data }) => Object.keys(data ?? {}))).toContainEqual(
      expect.arrayContaining(['image/png']),
    );
    expect(kindsOf(cellOf(target, 'mend'))).toEqual(['turn', 'helper', 'turn', 'stream', 'turn', 'cell']);
  },
);

/** Helpers that compute the answers from the files, and answers that say what they must have come to. */
function quickstart(expected: Readonly<Record<string, Expected>>): readonly Reply[] {
  const answer = (id: string): Reply => ({
    text: `That is ${[expected[id]?.region ?? [], ...(expected[id]?.numbers ?? [])].flat().join(' and ')}.`,
    match: '^\\s*<result status="ok">',
  });
  const count = `from pathlib import Path
notes = list(Path("notes").glob("*.txt"))
print(len(notes), sum(len(note.read_text().split()) for note in notes))`;
  const table = `import pandas as pd, matplotlib.pyplot as plt
totals = pd.read_csv("sales.csv").groupby("region").amount.sum()
print(totals)
totals.plot.bar()
plt.show()`;
  return [
    { text: helper(count), match: '\\.txt files' },
    answer('count'),
    { text: helper('print(sum(map(int, open("numbers.txt"))))'), match: 'numbers\\.txt' },
    answer('compute'),
    { text: helper(table), match: 'sales\\.csv' },
    answer('table'),
    { text: helper("print(sum(open('readings.txt')))"), match: '^Run print|\\nRun print' },
    { text: helper("print(sum(map(float, open('readings.txt'))))"), match: 'TypeError' },
    answer('mend'),
    { text: helper('print(totals.max() - totals.min())'), match: 'Back to the sales' },
    answer('follow'),
  ];
}
