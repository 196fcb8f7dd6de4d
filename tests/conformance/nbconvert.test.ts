import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { helper, Jupyter, type Ended } from '../support/jupyter.ts';
import { cellOf, kindsOf, streamOf } from '../support/notebooks.ts';

let jupyter: Jupyter;
let target: string;
beforeEach(() => {
  jupyter = new Jupyter({ REPLIQUE_RETRIES: '0' });
  target = join(jupyter.workspace, 'out.ipynb');
});
afterEach(() => jupyter.close());

const options = ['--to', 'notebook', '--execute', '--output', 'out.ipynb'];
const nbconvert = (...more: readonly string[]): Promise<Ended> =>
  jupyter.run(['-m', 'nbconvert', ...options, ...more, 'in.ipynb']);

it('executes a notebook in which the model mends a helper', async () => {
  jupyter.script([
    { text: helper('print({}["price"])') },
    { text: helper('answer = n * 14\nprint(answer)'), match: 'KeyError' },
    { text: 'Forty-two.' },
  ]);
  jupyter.writeNotebook('in.ipynb', [
    { id: 'set', source: '# Parameters\nn = 3' },
    { id: 'ask', source: 'What is n times fourteen?' },
    { id: 'use', source: '%%bash\necho "from bash"; pwd >&2' },
  ]);
  const { status, stderr } = await nbconvert();
  expect(status, stderr).toBe(0);
  expect(await jupyter.drive('validate.py', target)).toEqual([4, 5]);
  expect(kindsOf(cellOf(target, 'ask'))).toEqual(['turn', 'helper', 'turn', 'stream', 'turn', 'cell']);
  expect(streamOf(cellOf(target, 'ask'))).toBe('42\n');
  expect(streamOf(cellOf(target, 'use'))).toContain('from bash\n');
});

it('fails for a prompt without an answer; --allow-errors goes on', { timeout: 60_000 }, async () => {
  jupyter.script([{ error: { status: 429, message: 'slow down' } }, { text: 'Here.' }]);
  jupyter.writeNotebook('in.ipynb', [
    { id: 'ask', source: 'Anything?' },
    { id: 'again', source: 'And now?' },
  ]);
  const failed = await nbconvert();
  expect(failed.status).not.toBe(0);
  expect(failed.stderr).toContain('ProviderError');
  expect(existsSync(target)).toBe(false);
  const allowed = await nbconvert('--allow-errors');
  expect(allowed.status, allowed.stderr).toBe(0);
  expect(kindsOf(cellOf(target, 'ask')).at(-1)).toBe('error');
  expect(kindsOf(cellOf(target, 'again'))).toEqual(['turn', 'cell']);
});
