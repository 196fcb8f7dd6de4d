import { existsSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type BrowserContext } from 'playwright-core';

const chromiumPath = '/usr/bin/chromium';
const settleMs = 400;
const longestMs = 10_000;

/** What a piece of hostile HTML did to a reader's page. */
export interface Harm {
  /** Paths that were asked of the attacker's server, `udp` for a datagram. */
  readonly requests: readonly string[];
  /** What the page itself noticed: `attacked`, a message, a dialog, a popup, a navigation. */
  readonly signs: readonly string[];
  /** Whether the HTML's own script came to its end, where it says so. */
  readonly ran: boolean;
}

/** A reader's page in a real Chromium, and the server of an attacker, who hears of everything that is asked of it. */
export class HostilePage {
  /** The attacker's address; `udp` is the port of a STUN server. */
  readonly evil: string;
  readonly udp: number;
  readonly #browser: Browser;
  readonly #context: BrowserContext;
  readonly #app: string;
  readonly #heard: string[];
  readonly #end: () => Promise<void>;

  private constructor(
    given: Pick<HostilePage, 'evil' | 'udp'> & {
      browser: Browser;
      context: BrowserContext;
      app: string;
      heard: string[];
      end: () => Promise<void>;
    },
  ) {
    this.evil = given.evil;
    this.udp = given.udp;
    this.#browser = given.browser;
    this.#context = given.context;
    this.#app = given.app;
    this.#heard = given.heard;
    this.#end = given.end;
  }

  static async open(): Promise<HostilePage> {
    if (!existsSync(chromiumPath))
      throw new Error(`There is no ${chromiumPath}: install the package chromium.`);
    const heard: string[] = [];
    const evil = await listening((path) => heard.push(path));
    const app = await listening(() => undefined);
    const socket = createSocket('udp4');
    socket.on('message', () => heard.push('/udp'));
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
    const browser = await chromium.launch({
      executablePath: chromiumPath,
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', ...quiet],
    });
    const end = async (): Promise<void> => {
      await browser.close();
      socket.close();
      for (const server of [evil, app]) server.closeAllConnections();
      await Promise.all([evil, app].map((server) => new Promise((resolve) => server.close(resolve))));
    };
    const context = await browser.newContext();
    const [to, udp] = [addressOf(evil), socket.address().port];
    return new HostilePage({ evil: to, udp, browser, context, app: addressOf(app), heard, end });
  }

  /**
   * Puts HTML into a page as a notebook does, without a filter, and tells what came of it.
   * @param click whether a person clicks the first thing that can be clicked
   * @param until what is waited for, on a busy machine for long: that it ran to its end, or that it did harm
   */
  async show(html: string, click = false, until?: 'ran' | 'harm'): Promise<Harm> {
    const page = await this.#context.newPage();
    const signs: string[] = [];
    page.on('dialog', (dialog) => {
      signs.push('dialog');
      dialog.dismiss().catch(() => undefined);
    });
    page.on('popup', () => signs.push('popup'));
    const home = `${this.#app}/`;
    await page.goto(home);
    this.#heard.length = 0;
    await page.evaluate(putIn(html)).catch(() => signs.push('navigated'));
    if (click) await page.evaluate(clickFirst).catch(() => undefined);
    const isSeen = async (): Promise<boolean> => {
      if (until === 'harm' && (this.#heard.length > 0 || signs.length > 0 || page.url() !== home))
        return true;
      const seen =
        until === 'ran'
          ? `window.said.includes('ran')`
          : `window.said.some((word) => word !== 'ran') || 'attacked' in window`;
      return (await page.evaluate(seen).catch(() => true)) === true;
    };
    const giveUp = Date.now() + longestMs;
    while (until !== undefined && Date.now() < giveUp && !(await isSeen())) await page.waitForTimeout(20);
    await page.waitForTimeout(settleMs);
    if (page.url() !== home) signs.push('navigated');
    const seen = await page.evaluate('({ attacked: window.attacked, said: window.said })').catch(() => ({}));
    const { attacked, said = [] } = seen as { attacked?: unknown; said?: string[] };
    if (attacked !== undefined) signs.push('attacked');
    signs.push(...said.filter((word) => word !== 'ran'));
    const requests = this.#heard.filter((path) => path !== '/favicon.ico');
    await page.close();
    return { requests, signs, ran: said.includes('ran') };
  }

  /** How many elements fit the selector in the innermost frame that the HTML opens, once one does. */
  async drawn(html: string, selector: string): Promise<number> {
    const page = await this.#context.newPage();
    await page.goto(`${this.#app}/`);
    await page.evaluate(putIn(html));
    const found = page.frameLocator('iframe').frameLocator('iframe').locator(selector);
    await found.first().waitFor({ state: 'attached', timeout: 20_000 });
    const count = await found.count();
    await page.close();
    return count;
  }

  close(): Promise<void> {
    return this.#browser.isConnected() ? this.#end() : Promise.resolve();
  }
}

/** As JupyterLab does with trusted HTML: into the page, and its scripts run. */
const putIn = (html: string): string => `(() => {
  window.said = [];
  window.addEventListener('message', ({ data }) => window.said.push(String(data)));
  document.body.innerHTML = ${JSON.stringify(html).replaceAll('<', '\\u003c')};
  for (const old of document.body.querySelectorAll('script')) {
    const fresh = document.createElement('script');
    for (const { name, value } of old.attributes) fresh.setAttribute(name, value);
    fresh.textContent = old.textContent;
    old.replaceWith(fresh);
  }
})()`;

const clickFirst = `document.body.querySelector('a, button')
  ?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))`;

async function listening(onPath: (path: string) => void): Promise<Server> {
  const server = createServer((request, response) => {
    onPath(request.url ?? '');
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('content-type', 'text/html');
    response.setHeader('set-cookie', 'session=secret');
    response.end('<!doctype html><title>page</title><body></body>');
  });
  server.on('upgrade', (request, socket) => {
    onPath(request.url ?? '');
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const addressOf = (server: Server): string =>
  `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
