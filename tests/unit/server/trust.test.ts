import { expect, it } from 'vitest';
import { asNotebook, type Notebook } from '../../../server/services/contents/notebook/structure.ts';
import { markLines } from '../../../server/services/contents/notebook/lines.ts';
import { allOutputs, markTrusted, outputsOf, trustedCells } from '../../../server/services/contents/trust.ts';
import { TrustedOutputs } from '../../../server/services/contents/trusted-outputs.ts';
import { join } from 'node:path';
import { temporaryDirectory } from './temporary.ts';

const notebook = (trusted = false): Notebook => {
  const outputs = [
    { output_type: 'display_data', metadata: {}, data: { 'text/html': 'a\nb', 'image/png': 'x' } },
  ];
  const cell = { cell_type: 'code', metadata: { trusted }, source: '', outputs };
  return asNotebook({ cells: Array.from({ length: 50 }, () => cell), metadata: {}, nbformat: 4 });
};

const marks = (trust: TrustedOutputs, fileHash?: string): unknown => {
  const read = notebook();
  markTrusted(read, trust, fileHash);
  return read.cells[0]?.metadata['trusted'];
};

it('a file that is read again is marked by what counts as trusted then', () => {
  const trust = new TrustedOutputs(join(temporaryDirectory(), 'trusted'));
  expect([marks(trust, 'a'), marks(trust, 'a'), marks(trust)]).toEqual([false, false, false]);
  trust.add(allOutputs(notebook()));
  expect([marks(trust, 'a'), marks(trust, 'a'), marks(trust)]).toEqual([true, true, true]);
  const other = new TrustedOutputs(join(temporaryDirectory(), 'trusted'));
  expect(marks(other, 'a')).toBe(false);
});

it('an output has the same hash while it is being written', async () => {
  const sent = notebook(true);
  const cells = trustedCells(sent);
  const wanted = await outputsOf(cells);
  markLines(sent);
  expect(await outputsOf(cells)).toEqual(wanted);
  expect(wanted).toEqual(allOutputs(notebook()));
  expect(trustedCells(notebook())).toEqual([]);
});
