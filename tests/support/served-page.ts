import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Download, Page } from 'playwright-core';
import type { ServerSettings } from '../../server/config.ts';
import { launchBrowser } from './browser.ts';
import { labPlacesIn } from './lab-places.ts';
import { RepliqueServer } from './replique-server.ts';

/** Our server with its pages, and a real Chromium that notes whatever goes wrong in one of them. */
export class ServedPages {
  readonly server: RepliqueServer;
  readonly context: BrowserContext;
  /** Errors of scripts and of the console, and requests that failed or went elsewhere. */
  readonly faults: string[] = [];
  readonly downloads: Download[] = [];

  private constructor(server: RepliqueServer, context: BrowserContext) {
    this.server = server;
    this.context = context;
    context.on('page', (page) => this.#watch(page));
  }

  /**
   * @param home a directory for what the browser and JupyterLab keep
   * @param extensions more directories of prebuilt extensions
   */
  static async start(
    home: string,
    settings: ServerSettings = {},
    script: readonly object[] = [],
    extensions: readonly string[] = [],
  ): Promise<ServedPages> {
    const places = labPlacesIn(home);
    const lab = { ...places, extensions: [...places.extensions, ...extensions] };
    const server = await RepliqueServer.start(settings, script, lab);
    const browser = await launchBrowser(home);
    return new ServedPages(server, await browser.newContext({ viewport: { width: 1200, height: 900 } }));
  }

  /** Opens a page below the base URL, with the token. */
  async open(path: string): Promise<Page> {
    const page = await this.context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(`${this.server.url}${path}?token=${this.server.token}`);
    return page;
  }

  /** Writes a notebook of Replique with these code cells into the workspace. */
  writeNotebook(name: string, sources: readonly string[]): void {
    const cells = sources.map((source, index) => ({
      ...{ cell_type: 'code', id: `c${index}`, source, metadata: {}, execution_count: null, outputs: [] },
    }));
    const metadata = { kernelspec: { display_name: 'Replique', language: 'replique', name: 'replique' } };
    const notebook = { cells, metadata, nbformat: 4, nbformat_minor: 5 };
    writeFileSync(join(this.server.workspace, name), JSON.stringify(notebook));
  }

  async close(): Promise<void> {
    await this.context.browser()?.close();
    await this.server.close();
  }

  #watch(page: Page): void {
    page.on('console', (message) => {
      if (message.type() === 'error')
        this.faults.push(`console: ${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => this.faults.push(`script: ${error.message}`));
    page.on('download', (download) => this.downloads.push(download));
    page.on('requestfailed', (request) => {
      // What is saved instead of shown ends its navigation.
      const { errorText = '' } = request.failure() ?? {};
      if (request.isNavigationRequest() && errorText === 'net::ERR_ABORTED') return;
      this.faults.push(`failed: ${request.url()} ${errorText}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) this.faults.push(`${response.status()}: ${response.url()}`);
    });
    page.on('request', (request) => {
      const url = request.url();
      const isOurs = url.startsWith(this.server.url) || /^(?:data|blob|about):/.test(url);
      if (!isOurs) this.faults.push(`elsewhere: ${url}`);
    });
  }
}
