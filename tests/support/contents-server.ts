import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerConnection } from '@jupyterlab/services';
import pino from 'pino';
import { loadServerConfig } from '../../server/config.ts';
import { createAccess } from '../../server/http/access/access.ts';
import { createHttpServer } from '../../server/http/server.ts';
import type { ContentsOptions } from '../../server/services/contents/context.ts';
import { ContentsManager } from '../../server/services/contents/manager.ts';
import { contentsRoutes } from '../../server/services/contents/routes.ts';
import { TrustedOutputs } from '../../server/services/contents/trusted-outputs.ts';

const token = 'secret-token';

/** A model as it comes over HTTP. */
export type Model = Record<string, unknown> & { path: string; content: unknown };

/** The contents of a folder of its own behind the real HTTP server, without kernels. */
export class ContentsServer {
  readonly top: string;
  readonly url: string;
  readonly #close: () => Promise<void>;

  private constructor(top: string, url: string, close: () => Promise<void>) {
    this.top = top;
    this.url = url;
    this.#close = close;
  }

  /** @param top a folder that is there already, which stays */
  static async start(
    options: Partial<Pick<ContentsOptions, 'allowHidden' | 'toTrash' | 'onEvent'>> & {
      readonly baseUrl?: string;
      readonly top?: string;
      /** What is served, where it is not the workspace. */
      readonly directory?: string;
    } = {},
  ): Promise<ContentsServer> {
    const { baseUrl = '/', top = realpathSync(mkdtempSync(join(tmpdir(), 'rcs-'))), ...rest } = options;
    const workspace = join(top, 'workspace');
    mkdirSync(workspace, { recursive: true });
    const { directory = workspace } = options;
    const config = loadServerConfig({ port: 0, dir: directory, token, baseUrl });
    const server = createHttpServer(config, createAccess(config), pino({ level: 'silent' }));
    const trust = new TrustedOutputs(join(top, 'trusted-outputs'));
    const manager = new ContentsManager({ directory, allowHidden: false, toTrash: false, trust, ...rest });
    contentsRoutes(manager, config.baseUrl)(server);
    await server.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.app.server.address() as AddressInfo;
    return new ContentsServer(top, `http://127.0.0.1:${port}${config.baseUrl}`, async () => {
      await server.app.close();
      await manager.close();
      await trust.close();
      if (options.top === undefined) rmSync(top, { recursive: true, force: true });
    });
  }

  get workspace(): string {
    return join(this.top, 'workspace');
  }

  request(path: string, options: RequestInit = {}): Promise<Response> {
    const headers = {
      authorization: `token ${token}`,
      ...(options.headers as Record<string, string> | undefined),
    };
    return fetch(this.url + path, { redirect: 'manual', ...options, headers });
  }

  /** Sends JSON as JupyterLab does; what is answered, parsed. */
  async send(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Model; headers: Headers }> {
    const options = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await this.request(`api/contents/${path}`, options);
    const text = await response.text();
    const parsed = (text === '' ? {} : JSON.parse(text)) as Model;
    return { status: response.status, body: parsed, headers: response.headers };
  }

  get settings(): ServerConnection.ISettings {
    return ServerConnection.makeSettings({ baseUrl: this.url, wsUrl: this.url.replace('http', 'ws'), token });
  }

  close(): Promise<void> {
    return this.#close();
  }
}
