import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { helper, Jupyter, type Ended } from '../support/jupyter.ts';
import { cellOf, kindsOf, streamOf } from '../support/notebooks.ts';
import { turnsOf } from '../support/quickstart.ts';

let jupyter: Jupyter;
let target: string;
beforeEach(() => {
  jupyter = new Jupyter();
  target = join(jupyter.workspace, 'out.ipynb');
});
afterEach(() => jupyter.close());

const mending = [
  { text: `I look.\n${helper('print({}["price"])')}` },
  { text: `No such key.\n${helper('answer = n * 14\nprint(answer)')}`, match: 'KeyError' },
  { text: 'That is it.' },
];
const cells = [
  { id: 'given', source: '# Parameters\nn = 1', tags: ['parameters'] },
  { id: 'ask', source: 'What is n times fourteen?' },
  { id: 'use', source: '%%python\nprint(answer + n)\nanswer' },
];

const options = ['-l', 'python', '--no-progress-bar'];
const papermill = (...parameters: readonly string[]): Promise<Ended> =>
  jupyter.run(['-m', 'papermill', ...options, 'in.ipynb', 'out.ipynb', ...parameters]);

describe('papermill', () => {
  it('injects parameters, and succeeds though a helper failed and was mended', async () => {
    jupyter.script(mending);
    jupyter.writeNotebook('in.ipynb', cells);
    const { status, stderr } = await papermill('-p', 'n', '3', '-p', 'names', 'Ada');
    expect(status, stderr).toBe(0);
    expect(await jupyter.drive('validate.py', target)).toEqual([4, 5]);
    const ask = cellOf(target, 'ask');
    expect(kindsOf(ask)).toEqual(['turn', 'helper', 'turn', 'stream', 'turn', 'cell']);
    expect(streamOf(ask)).toBe('42\n');
    expect(turnsOf(ask).at(-1)).toMatchObject({ text: 'That is it.', final: true });
    expect(streamOf(cellOf(target, 'use'))).toBe('45\n');
    expect(kindsOf(cellOf(target, 'use'))).toEqual(['stream', 'execute_result']);
  });

  it('keeps what the notebook sets where nothing is injected', async () => {
    jupyter.script(mending);
    jupyter.writeNotebook('in.ipynb', cells);
    const { status, stderr } = await papermill();
    expect(status, stderr).toBe(0);
    expect(streamOf(cellOf(target, 'use'))).toBe('15\n');
  });

  it('fails for a prompt that ends in an error, and says which', async () => {
    jupyter.script([{ text: `I look.\n${helper('print("seen")')}` }, { error: { status: 401 } }]);
    jupyter.writeNotebook('in.ipynb', cells);
    const { status, stderr } = await papermill('-p', 'n', '3');
    expect(status).not.toBe(0);
    expect(stderr).toContain('ProviderError');
    expect(await jupyter.drive('validate.py', target)).toEqual([4, 5]);
    expect(kindsOf(cellOf(target, 'ask')).at(-1)).toBe('error');
    expect(cellOf(target, 'use').outputs).toEqual([]);
  });
});
