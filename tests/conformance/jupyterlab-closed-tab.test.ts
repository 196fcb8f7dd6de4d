import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labEnvDir } from '../../kernel/paths.ts';
import { labPlaces } from '../../server/services/lab/places.ts';
import { launchBrowser } from '../support/browser.ts';
import { helper } from '../support/jupyter.ts';
import { codeCell, notebookWith } from '../support/notebook-page.ts';
import { RepliqueServer } from '../support/replique-server.ts';

const words = Array.from({ length: 60 }, (_, n) => `word${n}`).join(' ');

/** In a page: remembers what it saves last, which the browser's log of requests does not show. */
const keepSaved = `
  const send = window.fetch;
  window.fetch = async (input, options) => {
    const request = new Request(input, options);
    if (request.method === 'PUT' && request.url.includes('api/contents')) window.saved = await request.clone().text();
    return send(request);
  };`;

/** JupyterLab itself, unmodified, on Replique's server. */
describe('a tab of JupyterLab that is closed while a turn streams', { timeout: 180_000 }, () => {
  let server: RepliqueServer;
  let browser: Browser;
  beforeAll(async () => {
    const home = process.env['HOME'] ?? '/';
    const places = labPlaces(labEnvDir(), { home, dataDir: join(home, '.jupyter-data'), packages: [] });
    const script = [
      { text: `I compute.\n${helper('print("from the", "helper")')}` },
      { text: words, chunk: 8, delayMs: 200 },
      { text: words.replaceAll('word', 'other'), chunk: 8, delayMs: 200 },
    ];
    server = await RepliqueServer.start({}, script, places);
    const metadata = { kernelspec: { display_name: 'Replique', language: 'replique', name: 'replique' } };
    const notebook = { ...notebookWith(codeCell('first', 'Tell me.'), codeCell('next', '')), metadata };
    writeFileSync(join(server.workspace, 'page.ipynb'), JSON.stringify(notebook));
    browser = await launchBrowser(server.top);
  }, 180_000);
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  const open = async (): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width: 1000, height: 900 } });
    await page.addInitScript(keepSaved);
    page.setDefaultTimeout(60_000);
    await page.goto(`${server.url}doc/tree/page.ipynb?token=${server.token}`);
    await page.getByText(/Replique \| (Idle|Busy)/).waitFor({ timeout: 90_000 });
    return page;
  };
  const output = (page: Page) => page.locator('.jp-CodeCell').first().locator('.jp-OutputArea').first();

  it('shows all of it when it is opened again, and saves without a question', async () => {
    const first = await open();
    await first.locator('.jp-CodeCell').first().locator('.jp-InputArea-editor').click();
    await first.keyboard.press('Control+Enter');
    await output(first).getByText('word3').first().waitFor();
    expect(await output(first).innerText()).not.toContain('word59');
    await first.close();
    const busy = async () =>
      (await server.json<{ execution_state: string }[]>('api/kernels')).map((each) => each.execution_state);
    await expect.poll(busy, { timeout: 60_000 }).toEqual(['idle']);

    const second = await open();
    await output(second).getByText('word59').first().waitFor();
    const shown = await output(second).innerText();
    expect(shown.match(/from the helper/g)).toHaveLength(1);
    expect(shown.match(/word0 word1 /g)).toHaveLength(1);
    await second.locator('.jp-CodeCell').nth(1).locator('.jp-InputArea-editor').click();
    await second.keyboard.type('What else?');
    await second.keyboard.press('Control+S');
    const file = (): string => readFileSync(join(server.workspace, 'page.ipynb'), 'utf8');
    await expect.poll(file).toContain('What else?');
    expect(file()).toContain('word59');
    expect(await second.locator('.jp-Dialog').count()).toBe(0);
    const screenshot = process.env['REPLIQUE_TEST_SCREENSHOT'];
    if (screenshot !== undefined) await second.screenshot({ path: screenshot });
    await second.close();
  });

  it('sends with what it saves when it was given the notebook, and the file does not say it', async () => {
    const first = await open();
    await first.locator('.jp-CodeCell').nth(1).locator('.jp-InputArea-editor').click();
    await first.keyboard.press('Control+Enter');
    await first.getByText('other0').first().waitFor();
    const second = await open();
    await second.locator('.jp-CodeCell').first().locator('.jp-InputArea-editor').click();
    await second.keyboard.type('More. ');
    await second.keyboard.press('Control+S');
    const file = (): string => readFileSync(join(server.workspace, 'page.ipynb'), 'utf8');
    await expect.poll(file).toContain('More. ');
    const saved = await second.evaluate<string>('window.saved');
    const { metadata } = (JSON.parse(saved) as { content: { metadata: object } }).content;
    expect(metadata).toMatchObject({ replique_served: expect.any(Number) as number });
    expect(file()).not.toContain('replique_served');
    await second.close();
    await first.close();
  });
});
