import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workerEnvDir } from '../../kernel/paths.ts';
import type {
  ExecuteOptions,
  ExecuteOutcome,
  KernelProgram,
  Launcher,
  Limits,
  NetworkAccess,
  PythonInstallation,
  WorkerOutput,
} from '../../kernel/sandbox/contract.ts';
import { createLauncher } from '../../kernel/sandbox/launcher.ts';
import { limitsOf } from '../../kernel/sandbox/limits.ts';
import { inspectPython } from '../../kernel/sandbox/python.ts';
import { createWorker, type SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { SessionTime } from '../../kernel/sandbox/worker-time.ts';
import { plainConfig, type Isolation } from './sandboxes.ts';

interface Given {
  readonly isolation?: Isolation;
  readonly busyGraceMs?: number;
  readonly warmWorkers?: number;
  readonly sessionMs?: number;
  readonly kernel?: KernelProgram;
  readonly limits?: Partial<Limits>;
  readonly network?: NetworkAccess;
  readonly onReplaced?: (snapshot: string | undefined) => void;
  /** In place of the one that `isolation` names. */
  readonly launcher?: Launcher;
  /** Python source that stands in for the worker. */
  readonly impostor?: string;
}

export interface Ran extends ExecuteOutcome {
  readonly outputs: readonly WorkerOutput[];
  readonly stdout: string;
  readonly stderr: string;
}

/** The worker's own Python, or another one to test with: an older IPython, say. */
export function pythonOfTests(): Promise<PythonInstallation> {
  return inspectPython(process.env['REPLIQUE_TEST_PYTHON'] ?? join(workerEnvDir(), 'bin', 'python'));
}

/** Workers and their workspaces, for the tests of one file. */
export class Workers {
  readonly #tops: string[] = [];
  readonly #workers: SessionWorker[] = [];

  /** A worker in a fresh, empty workspace. */
  create(given: Given = {}): { readonly worker: SessionWorker; readonly workspace: string } {
    const top = realpathSync(mkdtempSync(join(tmpdir(), 'replique-worker-')));
    this.#tops.push(top);
    const config = plainConfig(given.isolation ?? 'none');
    const workspace = mkdtempSync(join(top, 'workspace-'));
    const directory = mkdtempSync(join(top, 'files-'));
    if (given.impostor !== undefined) writeFileSync(join(directory, 'entry.py'), given.impostor);
    const worker = createWorker({
      launcher: given.launcher ?? createLauncher(config),
      python: pythonOfTests,
      workspace,
      limits: { ...limitsOf(config), ...given.limits },
      busyGraceMs: given.busyGraceMs ?? 500,
      warmWorkers: given.warmWorkers ?? 0,
      sessionTime: new SessionTime(given.sessionMs ?? Infinity),
      ...(given.kernel && { kernel: given.kernel }),
      ...(given.network && { network: given.network }),
      ...(given.onReplaced && { onReplaced: given.onReplaced }),
      ...(given.impostor === undefined ? {} : { files: { directory, entry: 'entry.py' } }),
    });
    this.#workers.push(worker);
    return { worker, workspace };
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
    for (const top of this.#tops) rmSync(top, { recursive: true, force: true });
  }
}

/** Runs code and collects what it shows. */
export async function run(
  worker: SessionWorker,
  code: string,
  options: Partial<ExecuteOptions> = {},
): Promise<Ran> {
  const outputs: WorkerOutput[] = [];
  const outcome = await worker.execute({
    code,
    language: 'python',
    signal: new AbortController().signal,
    timeoutMs: 60_000,
    onOutput: (output) => outputs.push(output),
    ...options,
  });
  const text = (name: string): string =>
    outputs.map((output) => (output.kind === 'stream' && output.name === name ? output.text : '')).join('');
  return { ...outcome, outputs, stdout: text('stdout'), stderr: text('stderr') };
}
