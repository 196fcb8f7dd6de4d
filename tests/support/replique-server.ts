import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ServerConnection } from '@jupyterlab/services';
import { vi } from 'vitest';
import WebSocket from 'ws';
import { startServer, type RunningServer } from '../../server/app.ts';
import { loadServerConfig, type ServerSettings } from '../../server/config.ts';
import { createLog } from '../../server/http/log.ts';
import type { LabPlaces } from '../../server/services/lab/places.ts';
import { testPython } from './python.ts';

/** Replique's server in this process, on a free port, with folders of its own; its kernels are real ones. */
export class RepliqueServer {
  readonly token: string;
  readonly top: string;
  /** What it has logged, as text. */
  readonly log: string[];
  readonly #server: RunningServer;

  readonly #settings: ServerSettings;

  readonly #lab: LabPlaces | undefined;

  private constructor(
    server: RunningServer,
    top: string,
    log: string[],
    { settings, lab }: { readonly settings: ServerSettings; readonly lab: LabPlaces | undefined },
  ) {
    this.#lab = lab;
    this.#server = server;
    this.token = server.token;
    this.top = top;
    this.log = log;
    this.#settings = settings;
  }

  /**
   * @param script what the model of Replique's kernel answers, one reply a call
   * @param lab where JupyterLab is, whose page it then has
   */
  static async start(
    settings: ServerSettings = {},
    script: readonly object[] = [],
    lab?: LabPlaces,
  ): Promise<RepliqueServer> {
    const top = realpathSync(mkdtempSync(join(tmpdir(), 'rs-')));
    for (const name of ['workspace', 'data', 'config', 'runtime']) mkdirSync(join(top, name));
    writeFileSync(join(top, 'script.json'), JSON.stringify({ replies: script }));
    vi.stubEnv('JUPYTER_PATH', join(dirname(dirname(testPython())), 'share', 'jupyter'));
    vi.stubEnv('JUPYTER_DATA_DIR', join(top, 'data'));
    vi.stubEnv('JUPYTER_CONFIG_DIR', join(top, 'config'));
    vi.stubEnv('JUPYTER_RUNTIME_DIR', join(top, 'runtime'));
    vi.stubEnv('IPYTHONDIR', join(top, 'config', 'ipython'));
    vi.stubEnv('REPLIQUE_PROVIDER', 'mock');
    vi.stubEnv('REPLIQUE_MOCK_SCRIPT', join(top, 'script.json'));
    vi.stubEnv('REPLIQUE_PYTHON', testPython());
    return RepliqueServer.#run(top, settings, lab);
  }

  static async #run(top: string, settings: ServerSettings, lab?: LabPlaces): Promise<RepliqueServer> {
    const log: string[] = [];
    const destination = { write: (line: string) => void log.push(line) };
    const config = loadServerConfig({
      ...{ port: 0, dir: join(top, 'workspace'), allowRoot: true, token: 'secret-token' },
      ...settings,
    });
    const level = settings.logLevel === undefined ? 'debug' : config.logLevel;
    const server = await startServer(config, createLog(level, destination), { lab });
    return new RepliqueServer(server, top, log, { settings, lab });
  }

  /** With the base URL, which ends in a slash. */
  get url(): string {
    return this.#server.url;
  }

  get port(): number {
    return this.#server.port;
  }

  get workspace(): string {
    return join(this.top, 'workspace');
  }

  /** A request with the token; `path` is below the base URL. */
  request(path: string, options: RequestInit = {}): Promise<Response> {
    const headers = new Headers(options.headers);
    headers.set('authorization', `token ${this.token}`);
    return fetch(this.url + path, { redirect: 'manual', ...options, headers });
  }

  /** Sends JSON, as JupyterLab does. */
  send(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = { 'content-type': 'text/plain;charset=UTF-8' };
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    return this.request(path, { method, headers, ...text });
  }

  /** The JSON of an answer that must be fine. */
  async json<T = Record<string, unknown>>(path: string): Promise<T> {
    const response = await this.request(path);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** A WebSocket to a kernel's channels. */
  channels(kernel: string, session: string, protocols: string[] = []): WebSocket {
    const url = `${this.url.replace('http', 'ws')}api/kernels/${kernel}/channels?session_id=${session}`;
    return new WebSocket(url, protocols, { headers: { authorization: `token ${this.token}` } });
  }

  /** For `@jupyterlab/services`. */
  get settings(): ServerConnection.ISettings {
    return ServerConnection.makeSettings({
      baseUrl: this.url,
      wsUrl: this.url.replace('http', 'ws'),
      token: this.token,
    });
  }

  /** Ends it as SIGTERM does: kernels go on, where the settings say so. */
  leave(): Promise<void> {
    return this.#server.close({ keep: true });
  }

  /** The next server of the same folders and settings. */
  next(settings: ServerSettings = {}): Promise<RepliqueServer> {
    return RepliqueServer.#run(this.top, { ...this.#settings, ...settings }, this.#lab);
  }

  async close(): Promise<void> {
    await this.#server.close();
    vi.unstubAllEnvs();
    rmSync(this.top, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
