import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { dataDir } from '../../kernel/paths.ts';

/** `npm run bench`: Replique's kernel beside ipykernel, both from Jupyter's own client. Arguments go to kernels.py. */
const python = join(dataDir(), 'python', 'tests', 'bin', 'python');
const kernel = join('dist', 'kernel.js');
const { status, error } = spawnSync(
  python,
  [join('tests', 'bench', 'kernels.py'), '--replique', process.execPath, kernel, ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
if (error) console.error(`${python} could not be started: ${error.message}`);
process.exitCode = status ?? 1;
