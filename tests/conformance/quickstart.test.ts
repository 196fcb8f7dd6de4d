import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { expectedAnswers, problemWith, turnsOf, type Cell } from '../support/quickstart.ts';

const root = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);
const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? Math.floor(Math.random() * 1e6));

interface Notebook {
  readonly cells: readonly Cell[];
}

const readNotebook = (file: string): Notebook => JSON.parse(readFileSync(file, 'utf8')) as Notebook;

/** The same notebook, which goes on after a cell without an answer. */
const goingOn = (notebook: Notebook): Notebook => ({
  ...notebook,
  cells: notebook.cells.map((cell) => ({ ...cell, metadata: { tags: ['raises-exception'] } })),
});

it(
  `the embedded model answers the quickstart (REPLIQUE_TEST_SEED=${String(seed)})`,
  { timeout: 900_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'replique-quickstart-'));
    try {
      await run(process.execPath, [
        join(root, 'notebooks/make-files.mjs'),
        '--seed',
        String(seed),
        directory,
      ]);
      const notebook = join(directory, 'quickstart.ipynb');
      writeFileSync(
        notebook,
        JSON.stringify(goingOn(readNotebook(join(root, 'notebooks/quickstart.ipynb')))),
      );
      const output = join(directory, 'out.ipynb');
      await run(process.execPath, [join(root, 'dist/replique.js'), 'run', notebook, '--output', output], {
        env: { ...process.env, REPLIQUE_PROVIDER: 'embedded' },
        maxBuffer: 2 ** 26,
      });
      const { cells } = readNotebook(output);
      const prompts = cells.filter(({ cell_type }) => cell_type === 'code');
      const turns = prompts.flatMap(turnsOf);
      expect(new Set(turns.map(({ provider, model }) => `${provider} ${model}`))).toEqual(
        new Set(['embedded qwen2.5-coder-1.5b-instruct-q4_k_m']),
      );
      const expected = expectedAnswers(directory);
      const wrong = prompts.flatMap((cell) => {
        const problem = problemWith(cell, expected[cell.id] ?? { numbers: [Number.NaN] });
        return problem === undefined ? [] : [`${cell.id}: ${problem}`];
      });
      console.log(`quickstart seed ${String(seed)}: ${String(5 - wrong.length)} of 5`, ...wrong);
      expect(prompts).toHaveLength(5);
      expect(wrong.length, wrong.join('\n')).toBeLessThanOrEqual(1);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
