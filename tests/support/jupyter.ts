import { execFile, execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { workerEnvDir } from '../../kernel/paths.ts';
import { noteFaults } from './protocol/faults.ts';
import { checkRecorded, recording } from './protocol/recorded.ts';
import { testPython } from './python.ts';

const root = join(import.meta.dirname, '..', '..');

export type Reply = Readonly<Record<string, unknown>>;

/** How a program ended, and what it said. */
export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One block of helper code, as a model writes it. */
export const helper = (code: string): string => `<helpers lang="python">\n${code}\n</helpers>`;

/**
 * Jupyter's own clients with the built kernel installed, in folders of their own: nothing of this machine's Jupyter is
 * read, and whatever is left in `temporary` was left by the kernel or its client. What kernels send to Python's clients is
 * recorded, and at the end held against the protocol.
 */
export class Jupyter {
  readonly top = realpathSync(mkdtempSync(join(tmpdir(), 'rj-')));
  readonly workspace = join(this.top, 'workspace');
  readonly temporary = join(this.top, 'tmp');
  readonly #record = join(this.top, 'record.jsonl');
  readonly #drivers = new Set<ReturnType<typeof spawn>>();
  readonly #environment: NodeJS.ProcessEnv;

  /** @param variables more of the environment that the clients, and so their kernels, have */
  constructor(variables: Readonly<Record<string, string>> = {}) {
    for (const name of ['workspace', 'tmp', 'config', 'runtime', 'data']) mkdirSync(join(this.top, name));
    this.#environment = {
      ...process.env,
      TMPDIR: this.temporary,
      XDG_DATA_HOME: join(this.top, 'data'),
      REPLIQUE_PYTHON: join(workerEnvDir(), 'bin', 'python'),
      XDG_CONFIG_HOME: join(this.top, 'config'),
      IPYTHONDIR: join(this.top, 'config', 'ipython'),
      JUPYTER_CONFIG_DIR: join(this.top, 'config', 'jupyter'),
      JUPYTER_RUNTIME_DIR: join(this.top, 'runtime'),
      JUPYTER_PATH: join(this.top, 'prefix', 'share', 'jupyter'),
      JUPYTER_PLATFORM_DIRS: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      ...recording(this.#record),
      REPLIQUE_PROVIDER: 'mock',
      REPLIQUE_MOCK_SCRIPT: join(this.top, 'script.json'),
      ...variables,
    };
    const program = join(root, 'dist', 'replique.js');
    execFileSync(process.execPath, [program, 'install', '--prefix', join(this.top, 'prefix')]);
  }

  /** What the model answers, one reply a call. A kernel reads it at its first prompt. */
  script(replies: readonly Reply[]): void {
    writeFileSync(join(this.top, 'script.json'), JSON.stringify({ replies }));
  }

  /** Runs `python ARGS` in the workspace until it ends; never rejects for its exit status. */
  run(args: readonly string[], input = ''): Promise<Ended> {
    return new Promise((resolve) => {
      const options = { cwd: this.workspace, env: this.#environment, timeout: 120_000, maxBuffer: 2 ** 26 };
      const child = execFile(testPython(), args, options, (error, stdout, stderr) => {
        const status = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
        resolve({ status, stdout, stderr });
      });
      child.stdin?.end(input);
    });
  }

  /** Runs a driver beside the conformance tests and returns the JSON that it prints. */
  async drive(driver: string, ...args: readonly string[]): Promise<unknown> {
    const { status, stdout, stderr } = await this.run([driverFile(driver), ...args]);
    if (status !== 0) throw new Error(`${driver} ended with ${status}:\n${stderr}`);
    return JSON.parse(stdout);
  }

  /** Starts a driver that is told by its stdin what to do. */
  startDriver(driver: string, ...args: readonly string[]): ChildProcessByStdio<Writable, Readable, null> {
    const options = { cwd: this.workspace, env: this.#environment };
    const child = spawn(testPython(), [driverFile(driver), ...args], {
      ...options,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#drivers.add(child);
    return child;
  }

  /** Writes a notebook of code cells into the workspace and returns its path. */
  writeNotebook(name: string, cells: readonly NewCell[]): string {
    const file = join(this.workspace, name);
    const notebook = {
      cells: cells.map(({ id, source, tags = [] }) => ({
        cell_type: 'code',
        id,
        source,
        metadata: { tags },
        execution_count: null,
        outputs: [],
      })),
      metadata: {
        kernelspec: { display_name: 'Replique', language: 'replique', name: 'replique' },
        language_info: { name: 'replique' },
      },
      nbformat: 4,
      nbformat_minor: 5,
    };
    writeFileSync(file, JSON.stringify(notebook));
    return file;
  }

  /** How many messages kernels have sent so far, and what was wrong with them. */
  recorded(): ReturnType<typeof checkRecorded> {
    return checkRecorded(this.#record);
  }

  /** Ends the drivers and removes the folders. Kernels see that their driver is gone. */
  close(): void {
    for (const driver of this.#drivers) driver.kill('SIGKILL');
    noteFaults(this.recorded().problems);
    rmSync(this.top, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

interface NewCell {
  readonly id: string;
  readonly source: string;
  readonly tags?: readonly string[];
}

const driverFile = (name: string): string => join(root, 'tests', 'conformance', name);
