import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { dataDir, labEnvDir } from '../../../kernel/paths.ts';
import { findPython } from '../../../server/cli/setup/python.ts';
import { ensurePythonEnv } from '../../../server/cli/setup/python-env.ts';
import { TerminalProgress } from '../../../server/cli/terminal/progress.ts';
import { freePort } from '../../support/ports.ts';
import { answers, ended } from '../../support/server-process.ts';

export const kinds = ['replique', 'jupyter_server', 'jupyverse'] as const;
export type Kind = (typeof kinds)[number];

const jupyverseDir = (): string => join(dataDir(), 'python', 'jupyverse');

/** Makes the environment of the server that no test needs. */
export async function prepareServers(): Promise<void> {
  const requirements = resolve('tests/bench/server/jupyverse-requirements.txt');
  const env = { directory: jupyverseDir(), purpose: 'jupyverse', requirements };
  await ensurePythonEnv(env, () => findPython(), new TerminalProgress());
}

/** What `/proc` counts in: 10 ms. */
const ticksASecond = 100;

/** A server of its own process, in an empty directory, with the same ipykernel whichever it is. */
export class BenchedServer {
  readonly origin: string;
  readonly workspace: string;
  readonly #top: string;
  readonly #child: ChildProcess;
  readonly #kernels: string[] = [];

  private constructor(origin: string, top: string, child: ChildProcess) {
    this.origin = origin;
    this.workspace = join(top, 'workspace');
    this.#top = top;
    this.#child = child;
  }

  static async start(kind: Kind): Promise<BenchedServer> {
    const top = realpathSync(mkdtempSync(join(tmpdir(), 'rbs-')));
    for (const name of ['workspace', 'config', 'runtime', 'data']) mkdirSync(join(top, name));
    const port = await freePort();
    const workspace = join(top, 'workspace');
    const env = {
      ...process.env,
      JUPYTER_TOKEN: 't',
      JUPYTER_PATH: kernelspecOf(top),
      JUPYTER_CONFIG_DIR: join(top, 'config'),
      JUPYTER_RUNTIME_DIR: join(top, 'runtime'),
      JUPYTER_DATA_DIR: join(top, 'data'),
      XDG_DATA_HOME: join(top, 'data'),
    };
    const [program = '', ...args] = commandOf(kind, workspace);
    const child = spawn(program, [...args, '--port', String(port)], {
      ...{ cwd: kind === 'jupyverse' ? workspace : top, stdio: 'ignore', env },
    });
    const server = new BenchedServer(`http://127.0.0.1:${port}`, top, child);
    try {
      await answers(server.origin, '/api/status?token=t');
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  async ask(path: string, options: RequestInit = {}): Promise<Response> {
    const headers = { authorization: 'token t', 'content-type': 'application/json' };
    const response = await fetch(this.origin + path, { ...options, headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  /** Starts a kernel, in the way that all of the servers know. @returns its id */
  async startKernel(): Promise<string> {
    const path = `kernel-${this.#kernels.length}.ipynb`;
    const body = JSON.stringify({ path, name: path, type: 'notebook', kernel: { name: 'python3' } });
    const response = await this.ask('/api/sessions', { method: 'POST', body });
    const { kernel } = (await response.json()) as { readonly kernel: { readonly id: string } };
    this.#kernels.push(kernel.id);
    return kernel.id;
  }

  /** Of the server's own process: what it does not share, and its part of what it does. */
  memoryMb(): number {
    const rollup = readFileSync(`/proc/${this.#child.pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1]) / 1000;
  }

  /** Processor time of the server's own process so far, in milliseconds. */
  processorMs(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    return ((user ?? NaN) + (system ?? NaN)) * (1000 / ticksASecond);
  }

  /** Not all servers end their kernels when they are ended. */
  async close(): Promise<void> {
    for (const id of this.#kernels)
      await this.ask(`/api/kernels/${id}`, { method: 'DELETE' }).catch(() => undefined);
    await ended(this.#child);
    rmSync(this.#top, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/**
 * jupyverse asks nobody who they are here: what that costs the others is counted against them. Its page and nbconvert are left out;
 * the page needs packages that download a front end.
 */
function commandOf(kind: Kind, workspace: string): readonly string[] {
  if (kind === 'jupyverse')
    return [join(jupyverseDir(), 'bin', 'jupyverse'), '--disable', 'lab', '--disable', 'nbconvert'];
  if (kind === 'replique') {
    const program = [process.execPath, resolve('dist/replique.js'), 'server'];
    return [...program, '--dir', workspace, '--log-level', 'warn', '--allow-root'];
  }
  const program = [join(labEnvDir(), 'bin', 'python'), '-m', 'jupyter', 'server', '--no-browser'];
  return [...program, `--ServerApp.root_dir=${workspace}`, '--allow-root'];
}

/** ipykernel with its interpreter by path: whose `python` a server would start differs. @returns what `JUPYTER_PATH` is to be */
function kernelspecOf(top: string): string {
  const place = join(top, 'jupyter');
  const directory = join(place, 'kernels', 'python3');
  cpSync(join(labEnvDir(), 'share', 'jupyter', 'kernels', 'python3'), directory, { recursive: true });
  const file = join(directory, 'kernel.json');
  const spec = JSON.parse(readFileSync(file, 'utf8')) as { readonly argv: readonly string[] };
  const argv = [join(labEnvDir(), 'bin', 'python'), ...spec.argv.slice(1)];
  writeFileSync(file, JSON.stringify({ ...spec, argv }));
  return place;
}
