import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServedPages } from '../../support/served-page.ts';

const longMs = 60_000;

/** What Notebook 7.6.5 has to say about itself with its own server, too. */
const itsOwn = /reading '(?:schema|updateRenderOption)'\)/;

/** Runs the first cell of the open notebook, once the page shows that its kernel is there. */
async function runFirstCell(page: Page, kernelShown: Locator): Promise<void> {
  await kernelShown.waitFor({ timeout: longMs });
  await page.locator('.jp-Notebook .cm-content').first().click();
  await page.locator('.jp-Notebook .cm-focused').waitFor({ timeout: longMs });
  await page.keyboard.press('Shift+Enter');
}

/** The base URL is written in one way and asked for in another: `@` and `%40` are the same in a path. */
describe.each(['/', '/a%40b/'])('pages in Chromium below %s', { timeout: 180_000 }, (baseUrl) => {
  let home: string;
  let pages: ServedPages;
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'rb-'));
    pages = await ServedPages.start(home, { baseUrl }, [{ text: 'It is the first.' }]);
    for (const name of ['x.ipynb', 'y.ipynb']) pages.writeNotebook(name, ['Which one is it?']);
  });
  afterAll(async () => {
    await pages.close();
    rmSync(home, { recursive: true, force: true });
  });

  it('JupyterLab opens a notebook, runs a cell and exports it', async () => {
    const page = await pages.open('lab/tree/x.ipynb');
    await runFirstCell(page, page.getByText('Replique | Idle'));
    await page.getByText('It is the first.').waitFor({ timeout: longMs });
    await page.getByRole('menuitem', { name: 'File', exact: true }).click();
    await page.locator('.lm-Menu-itemLabel', { hasText: 'Save and Export Notebook As' }).click();
    await page.locator('.lm-Menu-itemLabel', { hasText: /^HTML$/ }).click();
    await expect.poll(() => pages.downloads.length, { timeout: longMs }).toBe(1);
    const [download] = pages.downloads;
    expect(download?.suggestedFilename()).toBe('x.html');
    expect(readFileSync((await download?.path()) ?? '', 'utf8')).toContain('It is the first.');
    await page.close();
    expect(pages.faults).toEqual([]);
  });

  it('Notebook lists the files, and opens one of them and runs a cell', async () => {
    const tree = await pages.open('tree');
    const opened = pages.context.waitForEvent('page', { timeout: longMs });
    await tree.getByText('y.ipynb').dblclick({ timeout: longMs });
    const page = await opened;
    await runFirstCell(page, page.locator('.jp-NotebookKernelLogo img'));
    await page.getByText('It is the first.').waitFor({ timeout: longMs });
    expect(new URL(page.url()).pathname).toBe(`${baseUrl}notebooks/y.ipynb`);
    expect(pages.faults.filter((fault) => !itsOwn.test(fault))).toEqual([]);
  });
});
