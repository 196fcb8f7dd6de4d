import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labEnvDir } from '../../kernel/paths.ts';
import { loadServerConfig } from '../../server/config.ts';
import { createAccess } from '../../server/http/access/access.ts';
import { createLog } from '../../server/http/log.ts';
import { createHttpServer, type HttpServer } from '../../server/http/server.ts';
import { EventBus } from '../../server/services/events/bus.ts';
import { eventsResource } from '../../server/services/events/routes.ts';
import { labPlaces, type LabPlaces } from '../../server/services/lab/places.ts';
import { labResources } from '../../server/services/lab/resources.ts';
import { TerminalManager } from '../../server/services/terminals/manager.ts';
import { terminalsResource } from '../../server/services/terminals/routes.ts';

/** Our server with what JupyterLab's page needs besides kernels and contents, in a home of its own. */
export class LabGround {
  readonly home = realpathSync(mkdtempSync(join(tmpdir(), 'rlab-')));
  readonly places: LabPlaces;
  readonly events = new EventBus();
  readonly terminals: TerminalManager;
  #server: HttpServer | undefined;
  origin = '';

  constructor(prefix = labEnvDir()) {
    mkdirSync(join(this.home, 'root'));
    const places = {
      home: this.home,
      dataDir: join(this.home, 'data'),
      packages: [join(this.home, 'packages')],
    };
    this.places = labPlaces(prefix, places, {});
    const environment = { ...process.env, JUPYTER_TOKEN: 'secret', SHELL: '/bin/sh', PS1: '$ ' };
    this.terminals = new TerminalManager({
      root: join(this.home, 'root'),
      environment,
      secret: ['JUPYTER_TOKEN'],
    });
  }

  async start(baseUrl = '/'): Promise<this> {
    const config = loadServerConfig({ port: 0, token: 't', dir: join(this.home, 'root'), baseUrl });
    const log = createLog('silent');
    this.#server = createHttpServer(config, createAccess(config), log);
    const { places, events, terminals } = this;
    const page = await labResources({
      places,
      log,
      ...config,
      root: config.dir,
      terminals: true,
      icon: join(import.meta.dirname, '../../kernelspec/logo-32x32.png'),
    });
    for (const add of [...page, terminalsResource(terminals), eventsResource(events)]) add(this.#server);
    await this.#server.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = this.#server.app.server.address() as { port: number };
    this.origin = `http://127.0.0.1:${port}${config.baseUrl}`;
    return this;
  }

  /** Asks for a path below the base. */
  ask(path: string, { method = 'GET', body }: { method?: string; body?: unknown } = {}): Promise<Response> {
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { authorization: 'token t', 'content-type': 'text/plain;charset=UTF-8' };
    return fetch(this.origin + path, { method, headers, redirect: 'manual', ...text });
  }

  async close(): Promise<void> {
    await this.terminals.close();
    this.#server?.sockets.terminate();
    await this.#server?.app.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}
