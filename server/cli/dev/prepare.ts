import { join } from 'node:path';
import { describeError } from '../../../kernel/errors.ts';
import { dataDir } from '../../../kernel/paths.ts';
import { packageRoot } from '../program.ts';
import { ensureLabEnv, ensureSandbox } from '../setup/index.ts';
import { runKernelSetup } from '../setup/kernel-setup.ts';
import { findPython } from '../setup/python.ts';
import { ensurePythonEnv } from '../setup/python-env.ts';
import { TerminalProgress } from '../terminal/progress.ts';

/** By the names of their directories: Jupyter's clients, and the tool that makes requests from a description of an API. */
const environments = {
  tests: { purpose: 'the tests', requirements: 'requirements.txt' },
  schemathesis: { purpose: 'the tests of the API', requirements: 'schemathesis-requirements.txt' },
};

/** Sets up what the tests need besides the npm dependencies: the sandbox, JupyterLab, these environments, the model. */
async function prepare(): Promise<void> {
  const sink = new TerminalProgress();
  await ensureSandbox(sink);
  await ensureLabEnv(sink);
  for (const [name, { purpose, requirements }] of Object.entries(environments)) {
    const directory = join(dataDir(), 'python', name);
    const env = { directory, purpose, requirements: join(packageRoot, 'tests', requirements) };
    await ensurePythonEnv(env, () => findPython(), sink);
  }
  if (process.env['REPLIQUE_TEST_MODEL'] === '0') return;
  await runKernelSetup({ sink, ask: () => Promise.resolve(true), args: ['setup', '--embedded'] });
}

prepare().catch((error: unknown) => {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
});
