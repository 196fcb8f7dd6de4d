import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dataDir } from '../../kernel/paths.ts';

const environments = join(dataDir(), 'python');

/** The interpreter of the Python environment with Jupyter's own clients, which `npm test` makes from tests/requirements.txt. */
export const testPython = (): string =>
  made(process.env['REPLIQUE_TEST_PYTHON'] ?? join(environments, 'tests', 'bin', 'python'));

/** The program of schemathesis, in an environment of its own: what it needs does not decide what is tested. */
export const schemathesis = (): string => made(join(environments, 'schemathesis', 'bin', 'schemathesis'));

function made(program: string): string {
  if (existsSync(program)) return program;
  throw new Error(`There is no ${program}: run \`npm test\` once, which makes it.`);
}
