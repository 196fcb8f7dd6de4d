import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { workerEnvDir } from '../../kernel/paths.ts';
import { parseConnectionFile, type ConnectionInfo } from '../../kernel/protocol/connection-file.ts';
import { ZmqClient } from '../integration/wire-client.ts';
import { TestClient } from '../unit/router/client.ts';
import { treeOf, waitedMs, type KnownProcess } from './process-tree.ts';

/** Of the checkout in which tests and programs are started. */
const program = resolve('dist', 'kernel.js');

/** Writes a connection file for sockets in `sockets`, which is made. */
export function writeConnection(file: string, sockets: string): ConnectionInfo {
  mkdirSync(sockets);
  const ports = { shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 };
  const wire = { transport: 'ipc', ip: join(sockets, 's'), signature_scheme: 'hmac-sha256' };
  const text = JSON.stringify({ ...ports, ...wire, kernel_name: '', key: randomBytes(16).toString('hex') });
  writeFileSync(file, text, { mode: 0o600 });
  return parseConnectionFile(text, file);
}

/** A user's folders, in which the built kernel is started, killed and started again as a process of its own. */
export class KernelHome {
  readonly top = realpathSync(mkdtempSync(join(tmpdir(), 'rk-')));
  readonly sessionsDir = join(this.top, 'data', 'replique', 'sessions');
  readonly #variables: Readonly<Record<string, string>>;
  readonly #started: SpawnedKernel[] = [];

  constructor(variables: Readonly<Record<string, string>>) {
    this.#variables = variables;
    for (const name of ['workspace', 'data', 'config', 'tmp', 'run']) mkdirSync(join(this.top, name));
  }

  /** Starts a kernel of that id, and of that notebook where there is one. @param variables more of its environment */
  async start(
    kernelId: string,
    notebook?: string,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<SpawnedKernel> {
    const kernel = this.spawn(kernelId, notebook, variables);
    await kernel.client.published('iopub_welcome');
    return kernel;
  }

  /** The same, without waiting for it to answer. */
  spawn(
    kernelId: string,
    notebook?: string,
    variables: Readonly<Record<string, string>> = {},
  ): SpawnedKernel {
    const place = join(this.top, String(this.#started.length));
    mkdirSync(place);
    const file = join(place, `kernel-${kernelId}.json`);
    const connection = writeConnection(file, join(place, 'sockets'));
    const child = spawn(process.execPath, [program, '-f', file], {
      cwd: join(this.top, 'workspace'),
      env: {
        ...process.env,
        XDG_DATA_HOME: join(this.top, 'data'),
        XDG_CONFIG_HOME: join(this.top, 'config'),
        XDG_RUNTIME_DIR: join(this.top, 'run'),
        TMPDIR: join(this.top, 'tmp'),
        REPLIQUE_PYTHON: join(workerEnvDir(), 'bin', 'python'),
        ...(notebook !== undefined && { JPY_SESSION_NAME: notebook }),
        ...this.#variables,
        ...variables,
      },
      stdio: 'ignore',
    });
    const channels = new ZmqClient(connection);
    const kernel = new SpawnedKernel(child, channels);
    this.#started.push(kernel);
    return kernel;
  }

  /** Kills its kernels. */
  async end(): Promise<void> {
    await Promise.all(this.#started.map((kernel) => kernel.kill()));
  }

  async close(): Promise<void> {
    await this.end();
    rmSync(this.top, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** A kernel's process and a client of it. */
export class SpawnedKernel {
  readonly client: TestClient;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(child: ChildProcess, channels: ZmqClient) {
    this.client = new TestClient(channels);
    this.#child = child;
    this.#ended = once(child, 'exit').then(() => channels.close());
  }

  /** The kernel and everything that it has started. */
  processes(): readonly KnownProcess[] {
    return treeOf(this.#child.pid ?? 0);
  }

  /** For how long its threads have waited for a processor so far. */
  waitedMs(): number {
    return waitedMs(this.#child.pid ?? 0);
  }

  /** Runs a cell; settles when it is done. */
  async run(
    code: string,
  ): Promise<{ readonly reply: Readonly<Record<string, unknown>>; readonly shown: string }> {
    const id = this.client.execute(code);
    const { content } = await this.client.done(id);
    return { reply: content, shown: this.shown(id) };
  }

  /** What the request with that id has published so far. */
  shown(id: string): string {
    const published = this.client.received.filter(
      ({ channel, message }) => channel === 'iopub' && message.parent_header['msg_id'] === id,
    );
    return JSON.stringify(published.map(({ message }) => message.content));
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended();
  }

  /** Settles when its process has ended. */
  async ended(): Promise<void> {
    await this.#ended;
  }
}
