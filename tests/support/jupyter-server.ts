import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labEnvDir } from '../../kernel/paths.ts';
import { runCommand } from '../../server/cli/setup/run-command.ts';
import { testPython } from './python.ts';
import { freePort } from './ports.ts';
import { answers, ended } from './server-process.ts';

const root = join(import.meta.dirname, '..', '..');

/** The real jupyter_server, with the built kernel installed and the `mock` provider behind it. */
export class JupyterServer {
  readonly origin: string;
  readonly token = 't';
  readonly #top: string;
  readonly #server: ChildProcess;

  private constructor(origin: string, top: string, server: ChildProcess) {
    this.origin = origin;
    this.#top = top;
    this.#server = server;
  }

  /** What it serves. */
  get workspace(): string {
    return join(this.#top, 'workspace');
  }

  /**
   * @param replies what the model answers, one reply a call
   * @param more options of its command line
   */
  static async start(replies: readonly object[], more: readonly string[] = []): Promise<JupyterServer> {
    const top = realpathSync(mkdtempSync(join(tmpdir(), 'rjs-')));
    const workspace = join(top, 'workspace');
    mkdirSync(workspace);
    writeFileSync(join(top, 'script.json'), JSON.stringify({ replies }));
    await runCommand(process.execPath, [join(root, 'dist/replique.js'), 'install', '--prefix', top]);
    const port = await freePort();
    const options = ['--no-browser', '--allow-root', '--ip=127.0.0.1', `--port=${String(port)}`];
    const server = spawn(
      join(labEnvDir(), 'bin', 'python'),
      ['-m', 'jupyter', 'server', ...options, ...more, `--ServerApp.root_dir=${workspace}`],
      {
        cwd: workspace,
        stdio: 'ignore',
        env: {
          ...process.env,
          JUPYTER_TOKEN: 't',
          JUPYTER_PATH: join(top, 'share', 'jupyter'),
          JUPYTER_CONFIG_DIR: join(top, 'config'),
          JUPYTER_RUNTIME_DIR: join(top, 'runtime'),
          REPLIQUE_PYTHON: testPython(), // it has ipywidgets
          REPLIQUE_PROVIDER: 'mock',
          REPLIQUE_MOCK_SCRIPT: join(top, 'script.json'),
        },
      },
    );
    const running = new JupyterServer(`http://127.0.0.1:${String(port)}`, top, server);
    try {
      await answers(running.origin);
      return running;
    } catch (error) {
      await running.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await ended(this.#server);
    rmSync(this.#top, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
