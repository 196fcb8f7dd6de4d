import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dataDir } from '../../kernel/paths.ts';

/** The Python environment with Jupyter's own clients, which `npm test` makes from tests/requirements.txt. */
const directory = join(dataDir(), 'python', 'tests');

/** Its interpreter. */
export function testPython(): string {
  const python = process.env['REPLIQUE_TEST_PYTHON'] ?? join(directory, 'bin', 'python');
  if (existsSync(python)) return python;
  throw new Error(`There is no ${python}: run \`npm test\` once, which makes it.`);
}
