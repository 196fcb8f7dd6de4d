import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { labEnvDir } from '../../kernel/paths.ts';
import { labPlaces } from '../../server/services/lab/places.ts';
import { testPython } from './python.ts';
import { RepliqueServer } from './replique-server.ts';

const chromiumPath = '/usr/bin/chromium';
const startMs = 90_000;

/** A page with a notebook, and what it has asked of any other host than the server; such requests get no answer. */
export interface ServedPage {
  readonly page: Page;
  readonly foreign: readonly string[];
}

/** JupyterLab as Replique's own server serves it, in a real Chromium, with ipywidgets. */
export class ServedLab {
  readonly server: RepliqueServer;
  readonly #browser: Browser;

  private constructor(server: RepliqueServer, browser: Browser) {
    this.server = server;
    this.#browser = browser;
  }

  /** @param replies what the model of Replique's kernel answers */
  static async start(replies: readonly object[]): Promise<ServedLab> {
    if (!existsSync(chromiumPath))
      throw new Error(`There is no ${chromiumPath}: install the package chromium.`);
    const places = labPlaces(
      labEnvDir(),
      { home: '/nonexistent', dataDir: '/nonexistent', packages: [] },
      {},
    );
    const widgets = join(dirname(dirname(testPython())), 'share', 'jupyter', 'labextensions');
    const server = await RepliqueServer.start({}, replies, {
      ...places,
      extensions: [...places.extensions, widgets],
    });
    // What the page keeps goes to the server's own folders.
    const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking'];
    const browser = await chromium.launch({
      executablePath: chromiumPath,
      args: ['--no-sandbox', '--disable-gpu', ...quiet, '--disable-component-update', '--disable-sync'],
      env: { ...process.env, HOME: server.top },
    });
    return new ServedLab(server, browser);
  }

  /** Writes a notebook of code cells, opens it, and waits for its kernel. */
  async open(
    name: string,
    kernel: { readonly name: string; readonly title: string },
    sources: readonly string[],
  ): Promise<ServedPage> {
    const cells = sources.map((source, index) => ({
      ...{ cell_type: 'code', id: `cell-${index}`, source, metadata: {}, execution_count: null, outputs: [] },
    }));
    const metadata = { kernelspec: { name: kernel.name, display_name: kernel.title } };
    const text = JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 });
    writeFileSync(join(this.server.workspace, name), text);
    const context = await this.#browser.newContext({ viewport: { width: 1100, height: 1000 } });
    const foreign: string[] = [];
    const isOurs = (url: URL): boolean =>
      url.href.startsWith(this.server.url) || /^(?:data|blob|about):/.test(url.href);
    await context.route(
      (url) => !isOurs(url),
      (route) => {
        foreign.push(route.request().url());
        return route.abort();
      },
    );
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on('dialog', (dialog) => void dialog.dismiss().catch(() => undefined));
    await page.goto(`${this.server.url}doc/tree/${name}?token=${this.server.token}`);
    await page.getByText(`${kernel.title} | Idle`).waitFor({ timeout: startMs });
    return { page, foreign };
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.server.close();
  }
}
