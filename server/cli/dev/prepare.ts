import { join } from 'node:path';
import { describeError } from '../../../kernel/errors.ts';
import { dataDir } from '../../../kernel/paths.ts';
import { packageRoot } from '../program.ts';
import { ensureLabEnv, ensureSandbox } from '../setup/index.ts';
import { runKernelSetup } from '../setup/kernel-setup.ts';
import { findPython } from '../setup/python.ts';
import { ensurePythonEnv } from '../setup/python-env.ts';
import { TerminalProgress } from '../terminal/progress.ts';

/** Sets up what the tests need besides the npm dependencies: the sandbox, JupyterLab, Jupyter's clients, the model. */
async function prepare(): Promise<void> {
  const sink = new TerminalProgress();
  await ensureSandbox(sink);
  await ensureLabEnv(sink);
  const directory = join(dataDir(), 'python', 'tests');
  const requirements = join(packageRoot, 'tests', 'requirements.txt');
  await ensurePythonEnv({ directory, purpose: 'the tests', requirements }, () => findPython(), sink);
  if (process.env['REPLIQUE_TEST_MODEL'] === '0') return;
  await runKernelSetup({ sink, ask: () => Promise.resolve(true), args: ['setup', '--embedded'] });
}

prepare().catch((error: unknown) => {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
});
