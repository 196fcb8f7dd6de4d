import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { labEnvDir } from '../../../kernel/paths.ts';
import { answers, ended, freePort } from '../../support/server-process.ts';

export type Kind = 'replique' | 'jupyter_server';

/** A server of its own process, in an empty directory, with the same ipykernel whichever it is. */
export class BenchedServer {
  readonly origin: string;
  readonly workspace: string;
  readonly #top: string;
  readonly #child: ChildProcess;

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
      JUPYTER_PATH: join(labEnvDir(), 'share', 'jupyter'),
      JUPYTER_CONFIG_DIR: join(top, 'config'),
      JUPYTER_RUNTIME_DIR: join(top, 'runtime'),
      JUPYTER_DATA_DIR: join(top, 'data'),
      XDG_DATA_HOME: join(top, 'data'),
    };
    const python = join(labEnvDir(), 'bin', 'python');
    const [program, ...args] =
      kind === 'replique'
        ? [process.execPath, resolve('dist/replique.js'), 'server', '--dir', workspace, '--log-level', 'warn']
        : [python, '-m', 'jupyter', 'server', '--no-browser', `--ServerApp.root_dir=${workspace}`];
    const child = spawn(program, [...args, '--port', String(port), '--allow-root'], {
      ...{ cwd: top, stdio: 'ignore', env },
    });
    const server = new BenchedServer(`http://127.0.0.1:${port}`, top, child);
    await answers(server.origin);
    return server;
  }

  async ask(path: string, options: RequestInit = {}): Promise<Response> {
    const headers = { authorization: 'token t' };
    const response = await fetch(this.origin + path, { ...options, headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  /** Of the server's own process: what it does not share, and its part of what it does. */
  memoryMb(): number {
    const rollup = readFileSync(`/proc/${this.#child.pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1]) / 1000;
  }

  async close(): Promise<void> {
    await ended(this.#child);
    rmSync(this.#top, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
