import { labEnvDir, workerEnvDir } from '../../../kernel/paths.ts';
import { programFile } from '../program.ts';
import { ensureBubblewrap } from './bubblewrap.ts';
import type { ProgressSink } from './progress-sink.ts';
import { findPython, requireIPython } from './python.ts';
import { ensurePythonEnv } from './python-env.ts';
import { readSettings } from './settings.ts';

/**
 * Makes sure of what helpers need: bubblewrap, and the Python that runs them unless the user names one.
 * @throws RepliqueError
 */
export async function ensureSandbox(sink: ProgressSink): Promise<void> {
  const { sandboxed } = readSettings();
  if (sandboxed) await ensureBubblewrap(sink);
  await ensureWorkerEnv(sink);
}

/** The Python environment of the worker, unless the user names a Python. */
export async function ensureWorkerEnv(sink: ProgressSink): Promise<void> {
  const { python } = readSettings();
  if (python !== undefined) {
    await requireIPython(python);
    return;
  }
  const requirements = programFile('worker', 'requirements.txt');
  const env = { directory: workerEnvDir(), purpose: 'helpers', requirements };
  await ensurePythonEnv(env, () => findPython(), sink);
}

/** The Python environment that holds JupyterLab. */
export async function ensureLabEnv(sink: ProgressSink): Promise<void> {
  const requirements = programFile('lab-requirements.txt');
  const env = { directory: labEnvDir(), purpose: 'JupyterLab', requirements };
  await ensurePythonEnv(env, () => findPython(), sink);
}
